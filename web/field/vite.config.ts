import { defineConfig } from 'vite'
import { VantResolver } from '@vant/auto-import-resolver'
import { frontEnd } from '../vite.shared'

// Vant's icon font names a server on the internet as its second source; a gas company's phones ask nobody but qifu.
const noOutsideFonts = {
	postcssPlugin: 'no-outside-fonts',
	Declaration: {
		src(declaration: { value: string }) {
			declaration.value = declaration.value.replace(/,\s*url\((['"]?)(?:https?:)?\/\/[^)]*\)\s*format\([^)]*\)/g, '')
		},
	},
}

const shared = frontEnd('field', VantResolver())
export default defineConfig({ ...shared, css: { postcss: { plugins: [noOutsideFonts] } } })
