import { defineConfig } from 'vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { frontEnd } from '../vite.shared'

export default defineConfig(frontEnd('console', ElementPlusResolver({ importStyle: 'css' })))
