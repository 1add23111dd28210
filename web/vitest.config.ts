import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
	resolve: { alias: { '@ui': fileURLToPath(new URL('./ui', import.meta.url)) } },
	test: { environment: 'jsdom', include: ['ui/**/*.test.ts', 'console/**/*.test.ts', 'field/**/*.test.ts'] },
})
