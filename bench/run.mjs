// See bench/run.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { cleanUp, compile, dropPlace, root } from './kit.mjs'
import * as measures from './measures.mjs'

const words = process.argv.slice(2)
const option = (name, fallback) => (words.includes(name) ? words[words.indexOf(name) + 1] : fallback)
const quick = words.includes('--quick')
const only = option('--only')
const sizes = option('--sizes', quick ? '10k' : '10k,100k,1m')
	.split(',')
	.map((text) => ({ label: text, size: Number.parseInt(text, 10) * (text.endsWith('m') ? 1000000 : 1000) }))
const databases = option('--databases', 'sqlite,postgres').split(',')

const names = ['import', 'living', 'household', 'page', 'search', 'filing']
const run = {
	living: measures.living,
	household: measures.reading,
	page: measures.page,
	search: measures.search,
	filing: measures.filing,
}
if (only && !names.includes(only)) {
	console.error(`bench/run --only ${names.join('|')}`)
	process.exit(2)
}

const table = []
const round = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(value >= 100 ? 4 : 3))
const reached = (value, goal) => (goal.startsWith('>=') ? value >= Number(goal.slice(2)) : value <= Number(goal.slice(2)))

function write() {
	mkdirSync(join(root, 'build'), { recursive: true })
	writeFileSync(join(root, 'build/bench.tsv'), table.map((row) => `${row.name}\t${round(row.value)}\t${row.unit}\t${row.goal}\n`).join(''))
}

function print(row) {
	const verdict = !row.goal ? '' : reached(row.value, row.goal) ? '✓' : '✗ missed'
	console.log(`${row.name.padEnd(42)} ${round(row.value).padStart(10)} ${row.unit.padEnd(4)} ${row.goal.padEnd(7)} ${verdict}`)
}

function tell(name, value, unit, goal = '') {
	const row = { name, value, unit, goal }
	table.push(row)
	print(row)
	write()
}

async function measure(kind, { label, size }) {
	const bench = {
		kind,
		size,
		quick,
		wants: (name) => !only || only === name,
		tell: (name, ...figure) => tell(`${kind}.${label}.${name}`, ...figure),
	}
	await measures.importing(bench)
	for (const name of names.slice(1)) if (bench.wants(name)) await run[name](bench)
	dropPlace(bench.place)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => cleanUp().finally(() => process.exit(1)))

let status = 0
try {
	compile()
	// Milliseconds mean little on a machine that is busy with something else; the ratios stand it better.
	tell('machine.cores', cpus().length, '')
	tell('machine.load_before', loadavg()[0], '')
	for (const kind of databases) for (const size of sizes) await measure(kind, size)
	const missed = table.filter((row) => row.goal && !reached(row.value, row.goal))
	console.log(`\n${table.filter((row) => row.goal).length - missed.length} of ${table.filter((row) => row.goal).length} goals reached; build/bench.tsv`)
} catch (error) {
	console.error(error.stack)
	status = 1
} finally {
	await cleanUp()
}
process.exit(status)
