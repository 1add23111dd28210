// The measures. Each takes a bench {place, size, quick, tell(name, value, unit, goal)} and tells its figures. Own figure and
// limit are taken in turn, several times, and the medians are compared: the machine's mood is the same for both.
import { readFileSync } from 'node:fs'
import {
	ask, bare, command, copyPlace, csv, dropPlace, EVENT_THREADS, load, login, makePerson, median, memory, newPlace, openStreams, replay, rows,
	sleep, startNginx, startQifu, statementsOf,
} from './kit.mjs'

const CLIENTS = 64
const BATCH = 64 // orders in one transaction of the bare loop: as many as there are clients
const STREAMS = 200
const POSTGRES_WRITERS = 8 // as in src/platform/writer.c
const KIND = 'no_gas'

const random = (() => {
	let seed = 20260930
	return (n) => {
		seed ^= seed << 13
		seed ^= seed >>> 17
		seed ^= seed << 5
		return (seed >>> 0) % n
	}
})()
const pick = (list) => list[random(list.length)]

/** Households from all over the database. */
function sample(place, count) {
	const [[last, first]] = rows(place, 'SELECT MAX(id), MIN(id) FROM household')
	const found = rows(
		place,
		`SELECT h.id, h.number, h.name, h.address FROM household h WHERE h.id % ${Math.max(1, Math.floor((last - first) / (count * 9)))} = 0 ORDER BY h.id LIMIT ${count * 12}`,
	).map(([id, number, name, address]) => ({ id, number, name, address }))
	if (!found.length) throw new Error('no households')
	return Array.from({ length: count }, () => pick(found))
}

// ---- import ---------------------------------------------------------------------------------------------------------

/** Imports, and leaves the database for the measures that follow. */
export async function importing(bench) {
	const { kind, size, tell } = bench
	const file = csv(size)
	const runs = size > 200000 ? 1 : bench.quick ? 1 : 3
	const own = []
	const limits = []
	for (let run = 0; run < runs; run++) {
		if (bench.place) dropPlace(bench.place)
		bench.place = newPlace(kind)
		const done = command(bench.place, ['import', 'households', file])
		if (!done.out.includes(`created=${size} `)) throw new Error(`import: ${done.out}`)
		own.push(size / done.seconds)
		if (kind !== 'sqlite' || !bench.wants('import')) continue
		const empty = newPlace(kind)
		command(empty, ['migrate'])
		const copied = bare('bare_sqlite', 'copy', bench.place.db, empty.db, Math.ceil(size / 4000))
		limits.push(size / copied.seconds)
		dropPlace(empty)
	}
	tell('import.rows', Math.round(median(own)), '1/s')
	if (limits.length) {
		tell('import.bare', Math.round(median(limits)), '1/s')
		tell('import.ratio', median(own) / median(limits), '', '>=0.3')
	}
	makePerson(bench.place)
}

// ---- filing an order ------------------------------------------------------------------------------------------------

const troubles = ['灶具点不着火，邻居家正常', '早上起来家里没气了', '热水器打不着火，表上有余额', '全楼没有气，请尽快来人看看']
function orderOf(household) {
	return {
		door: 'hotline',
		kind: KIND,
		household_id: Number(household.id),
		caller_name: household.name,
		caller_phone: `190${String(random(100000000)).padStart(8, '0')}`,
		description: pick(troubles),
	}
}

/** Files one order, and gives the database as it was before it: what lies between is what an order is. */
async function takeShape(bench, household) {
	const { place } = bench
	let server = await startQifu(place)
	const headers = await login(server, place)
	await ask(server, 'POST', '/repairs', headers, orderOf(household)) // numbers and counters exist from here on
	await sleep(1500) // the jobs that follow an order are done
	await server.stop()
	const before = copyPlace(place)
	server = await startQifu(place)
	await ask(server, 'POST', '/repairs', headers, orderOf(household))
	await server.stop()
	return before
}

/** SQLite commits 64 orders together, PostgreSQL one by one on as many connections as qifu has writers. */
function bareOrders(before, after, count, household_id, run) {
	if (before.kind === 'sqlite')
		return bare('bare_sqlite', 'orders', before.db, after.db, count, BATCH, household_id, run * count)
	const fresh = copyPlace(before)
	const limit = bare('bare_postgres', 'orders', fresh.db, after.db, count, POSTGRES_WRITERS, household_id)
	dropPlace(fresh)
	return limit
}

export async function filing(bench) {
	const { place, tell, quick } = bench
	const households = sample(place, 20000)
	const before = await takeShape(bench, households[0])
	const after = copyPlace(place)
	const seconds = quick ? 2 : 5
	const count = quick ? 3000 : 15000
	const runs = quick ? 1 : 3
	const server = await startQifu(place)
	const headers = await login(server, place)
	const requests = households.map((household) => `POST /api/v1/repairs\t${JSON.stringify(orderOf(household))}`)
	const own = []
	const alone = []
	const limits = []
	const late = []
	const work = []
	let rows_per_order
	for (let run = 0; run < runs; run++) {
		const limit = bareOrders(before, after, count, households[0].id, run)
		limits.push(limit.rate)
		rows_per_order = limit.rows_per_order
		const many = await load(server, requests, { clients: CLIENTS, seconds, headers })
		own.push(many.rate)
		work.push(many.cpu_us)
		late.push(many.p99_ms)
		alone.push((await load(server, requests, { clients: 1, seconds, headers })).rate)
	}
	await server.stop()
	dropPlace(before)
	dropPlace(after)
	tell('filing.rows_per_order', rows_per_order, '')
	tell('filing.64_clients', Math.round(median(own)), '1/s')
	tell('filing.64_clients_p99', median(late), 'ms')
	tell('filing.processor', median(work), 'µs')
	tell('filing.1_client', Math.round(median(alone)), '1/s')
	tell('filing.bare', Math.round(median(limits)), '1/s')
	tell('filing.ratio', median(own) / median(limits), '', '>=0.3')
	tell('filing.64_to_1', median(own) / median(alone), '', '>=3')
}

// ---- reading --------------------------------------------------------------------------------------------------------

/** What the machine can do at most: nginx with a fixed body; on PostgreSQL libpq with the same statements and no HTTP. */
async function limitOfReading(bench, server, headers, id, requests, seconds) {
	if (bench.kind === 'postgres') {
		const statements = await statementsOf(bench.place, () => ask(server, 'GET', `/households/${id}`, headers))
		return { name: 'libpq', measure: () => replay(bench.place, statements, seconds, EVENT_THREADS), stop() {} }
	}
	const nginx = await startNginx((await ask(server, 'GET', `/households/${id}`, headers)).text)
	return { name: 'nginx', measure: () => load(nginx, requests, { clients: CLIENTS, seconds, headers }), stop: nginx.stop }
}

export async function reading(bench) {
	const { place, tell, quick } = bench
	const seconds = quick ? 2 : 4
	const households = sample(place, 20000)
	const server = await startQifu(place)
	const headers = await login(server, place)
	const requests = households.map(({ id }) => `GET /api/v1/households/${id}`)
	await load(server, requests, { clients: CLIENTS, seconds: 1, headers }) // statements are prepared from here on
	const limit = await limitOfReading(bench, server, headers, households[0].id, requests, seconds)
	const own = []
	const limits = []
	for (let run = 0; run < (quick ? 1 : 3); run++) {
		limits.push(await limit.measure())
		own.push(await load(server, requests, { clients: CLIENTS, seconds, headers }))
	}
	await limit.stop()
	await server.stop()
	const middle = (list, name) => median(list.map((one) => one[name]))
	tell('household.read', Math.round(middle(own, 'rate')), '1/s')
	tell(`household.${limit.name}`, Math.round(middle(limits, 'rate')), '1/s')
	tell('household.read_processor', middle(own, 'cpu_us'), 'µs')
	if (limits[0].cpu_us) tell(`household.${limit.name}_processor`, middle(limits, 'cpu_us'), 'µs')
	tell('household.ratio', middle(own, 'rate') / middle(limits, 'rate'), '', '>=0.4')
}

export async function page(bench) {
	const { place, tell, quick } = bench
	const seconds = quick ? 2 : 4
	const households = sample(place, 20000)
	const server = await startQifu(place)
	const headers = await login(server, place)
	const requests = households.map(({ id }) => `GET /api/v1/households/${id}/page`)
	const got = []
	const paced = []
	for (let run = 0; run < (quick ? 1 : 3); run++) {
		got.push(await load(server, requests, { clients: CLIENTS, seconds, headers }))
		// 64 people who look at ten pages a second each are more than any centre has.
		paced.push(await load(server, requests, { clients: CLIENTS, seconds, rate: 640, headers }))
	}
	await server.stop()
	tell('page.64_clients', Math.round(median(got.map((g) => g.rate))), '1/s')
	tell('page.64_clients_p99', median(got.map((g) => g.p99_ms)), 'ms', '<=5')
	tell('page.processor', median(got.map((g) => g.cpu_us)), 'µs')
	tell('page.640_a_second_p99', median(paced.map((g) => g.p99_ms)), 'ms')
}

// ---- search ---------------------------------------------------------------------------------------------------------

const fragment = (text, length) => {
	const characters = [...text]
	const at = random(Math.max(1, characters.length - length + 1))
	return characters.slice(at, at + length).join('')
}

/** As people search: whole numbers and phones in several writings, pieces of names and addresses. */
function questions(households, phones) {
	return households.map((household, i) => {
		const phone = pick(phones)
		switch (i % 8) {
			case 0: return household.number
			case 1: return household.number.slice(0, 6 + random(4))
			case 2: return phone
			case 3: return phone.startsWith('0539') ? phone.replace('-', '') : `+86 ${phone.slice(0, 3)} ${phone.slice(3, 7)} ${phone.slice(7)}`
			case 4: return fragment(household.name, 1 + random(2))
			case 5: return household.name
			case 6: return fragment(household.address, 1 + random(4))
			default: return fragment(household.address, 5 + random(6))
		}
	})
}

export async function search(bench) {
	const { place, tell, quick, size } = bench
	const seconds = quick ? 2 : 5
	const households = sample(place, 8000)
	const lines = readFileSync(csv(size), 'utf8').split('\r\n')
	const phones = Array.from({ length: 4000 }, () => lines[1 + random(size)].split(',')[3])
	const server = await startQifu(place)
	const headers = await login(server, place)
	const requests = questions(households, phones).map((q) => `GET /api/v1/search?q=${encodeURIComponent(q)}`)
	const got = []
	for (let run = 0; run < (quick ? 1 : 3); run++) got.push(await load(server, requests, { clients: 16, seconds, headers }))
	await server.stop()
	tell('search.16_clients', Math.round(median(got.map((g) => g.rate))), '1/s')
	tell('search.processor', median(got.map((g) => g.cpu_us)), 'µs')
	tell('search.16_clients_p50', median(got.map((g) => g.p50_ms)), 'ms')
	tell('search.16_clients_p99', median(got.map((g) => g.p99_ms)), 'ms', '<=20')
}

// ---- memory and start -----------------------------------------------------------------------------------------------

export async function living(bench) {
	const { place, tell, quick } = bench
	const starts = []
	for (let run = 0; run < 5; run++) {
		const server = await startQifu(place)
		starts.push(server.first_answer_ms)
		await server.stop()
	}
	tell('start.first_answer', median(starts), 'ms', '<=300')
	const households = sample(place, 4000)
	const server = await startQifu(place)
	const headers = await login(server, place)
	tell('memory.idle', memory(server), 'MB')
	const streams = await openStreams(server, headers, STREAMS)
	const seconds = quick ? 1 : 3
	// Everything that fills a cache happens while the streams are open.
	const some = (make) => households.map(make)
	await load(server, some(({ id }) => `GET /api/v1/households/${id}/page`), { clients: CLIENTS, seconds, headers })
	await load(server, some(({ name }) => `GET /api/v1/search?q=${encodeURIComponent(name)}`), { clients: 16, seconds, headers })
	await load(server, some((household) => `POST /api/v1/repairs\t${JSON.stringify(orderOf(household))}`), { clients: CLIENTS, seconds, headers })
	tell('memory.200_streams', memory(server), 'MB', '<=150')
	streams.close()
	await server.stop()
}
