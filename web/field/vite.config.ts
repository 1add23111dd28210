import { defineConfig } from 'vite'
import { VantResolver } from '@vant/auto-import-resolver'
import { frontEnd } from '../vite.shared'

export default defineConfig(frontEnd('field', VantResolver()))
