// Runs the journeys on each database. `node run.mjs [name…]` runs those whose file name contains one of the words.
import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { furnish, train } from './house.mjs'
import { Journey, openBrowser } from './kit.mjs'
import { startServer } from './server.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
const program = process.env.QIFU_PROGRAM ?? join(root, 'build/qifu')
const wanted = process.argv.slice(2)
const files = readdirSync(here).filter((f) => f.endsWith('.journey.mjs') && (!wanted.length || wanted.some((w) => f.includes(w)))).sort()
const databases = ['sqlite', ...(process.env.QIFU_TEST_POSTGRES ? ['postgres'] : [])]
let passed = 0
let failed = 0

async function runOn(database, browser) {
	const server = await startServer(program, database, '2026-09-30T22:30:00+08:00')
	try {
		const house = await furnish(program, server.options, () => server.base)
		house.entered = await train(house, () => server.base)
		for (const file of files) {
			const name = file.replace('.journey.mjs', '')
			console.log(`${database}: ${name}`)
			const journey = new Journey(name, server.base, browser, join(root, 'build/screenshots', database), house)
			try {
				await (await import(`./${file}`)).default(journey)
			} catch (error) {
				// A step has told of its own failure; anything else is a failure of the journey.
				if (journey.failed === 0) {
					journey.failed++
					console.log(`  FAIL  ${name}: ${error.stack}`)
				}
			}
			await journey.end()
			passed += journey.passed
			failed += journey.failed
		}
	} catch (error) {
		failed++
		console.log(`  FAIL  ${database}: ${error.stack}\n${server.log().slice(-3000)}`)
	} finally {
		await server.stop()
	}
}

const browser = await openBrowser()
try {
	for (const database of databases) await runOn(database, browser)
} finally {
	await browser.close()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
