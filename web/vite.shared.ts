// What both front ends share: where they are built to, how Vue and the component libraries are brought in piece by piece
// (so that the first load stays small), and where the development server finds qifu.
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import components from 'unplugin-vue-components/vite'
import type { ComponentResolver } from 'unplugin-vue-components'
import type { UserConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export function frontEnd(name: 'console' | 'field', resolver: ComponentResolver | ComponentResolver[]): UserConfig {
	return {
		root: here(`./${name}`),
		base: `/${name}/`,
		plugins: [vue(), components({ dts: false, dirs: [], resolvers: [resolver] })],
		resolve: { alias: { '@ui': here('./ui'), '@': here(`./${name}/src`) } },
		build: { outDir: here(`./dist/${name}`), emptyOutDir: true, chunkSizeWarningLimit: 900 },
		server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
	}
}
