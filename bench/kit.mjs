// What the measures stand on: programs, databases, servers, load.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { join, resolve } from 'node:path'

export const root = resolve(new URL('..', import.meta.url).pathname)
export const qifu = process.env.QIFU ?? join(root, 'build/qifu')
const tools = join(root, 'build/bench')
const PASSWORD = 'Celiang-Kouling-4186'
const FIRST = 'Chuci-Kouling-2608'

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

// ---- what is taken away at the end ----------------------------------------------------------------------------------

const undo = []
export function later(step) {
	undo.push(step)
}
export async function cleanUp() {
	for (const step of undo.splice(0).reverse()) {
		try {
			await step()
		} catch (error) {
			console.error(`left behind: ${error.message}`)
		}
	}
}

let work
/** Files lie on the disk of the repository, where a database would lie; a directory in memory would flatter everybody. */
export function workDirectory() {
	if (!work) {
		mkdirSync(tools, { recursive: true })
		work = mkdtempSync(join(tools, 'work-'))
		later(() => rmSync(work, { recursive: true, force: true }))
	}
	return work
}

// ---- programs -------------------------------------------------------------------------------------------------------

export function compile() {
	mkdirSync(tools, { recursive: true })
	const flags = ['-std=c17', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror']
	const build = (name, ...libraries) =>
		execFileSync('cc', [...flags, join(root, 'bench', `${name}.c`), '-o', join(tools, name), ...libraries], { stdio: 'inherit' })
	build('load')
	build('bare_sqlite', '-lsqlite3')
	if (existsSync(join(root, 'bench/bare_postgres.c')))
		build('bare_postgres', `-I${execFileSync('pg_config', ['--includedir']).toString().trim()}`, '-lpq', '-lpthread')
}

/** "name=number name=number": the words by which these programs report. */
export function figures(line) {
	return Object.fromEntries([...line.matchAll(/(\w+)=([\d.]+)/g)].map(([, name, value]) => [name, Number(value)]))
}

export function bare(name, ...args) {
	return figures(execFileSync(join(tools, name), args.map(String), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26 }))
}

export async function load(server, requests, options) {
	const before = processor(server)
	const got = await runLoad(server, requests, options)
	// The requests of the warm-up are in the time, not in the count.
	const { seconds, warm_up = 1 } = options
	return { ...got, cpu_us: ((processor(server) - before) * 1000) / ((got.requests * (seconds + warm_up)) / seconds) }
}

/** Not execFileSync: the event streams that this process holds open must be read meanwhile. */
function runLoad(server, requests, { clients, seconds, warm_up = 1, rate = 0, headers = {} }) {
	const file = join(workDirectory(), 'requests')
	writeFileSync(file, requests.join('\n') + '\n')
	const args = ['-c', clients, '-d', seconds, '-w', warm_up, '-r', rate]
	for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`)
	return new Promise((done, failed) => {
		const child = spawn(join(tools, 'load'), [...args, server.port, file].map(String), { stdio: ['ignore', 'pipe', 'inherit'] })
		let out = ''
		child.stdout.on('data', (chunk) => (out += chunk))
		child.on('error', failed)
		child.on('close', (status) => {
			const got = figures(out)
			if (status !== 0 || got.errors || !got.requests) failed(new Error(`load against port ${server.port}: status ${status} ${out}`))
			else done(got)
		})
	})
}

export async function freePort() {
	const probe = net.createServer().listen(0, '127.0.0.1')
	await new Promise((done) => probe.on('listening', done))
	const { port } = probe.address()
	await new Promise((done) => probe.close(done))
	return port
}

// ---- databases ------------------------------------------------------------------------------------------------------

export function csv(rows) {
	const file = join(tools, `households-${rows}.csv`)
	if (!existsSync(file)) {
		mkdirSync(tools, { recursive: true })
		execFileSync('node', [join(root, 'bench/make_households.mjs'), `${file}.part`, String(rows)], { stdio: ['ignore', 'ignore', 'inherit'] })
		execFileSync('mv', [`${file}.part`, file])
	}
	return file
}

const postgresAddress = (name) => process.env.QIFU_TEST_POSTGRES.replace(/\/[^/?]*(\?|$)/, `/${name}$1`)
let made = 0
/** An empty place: {kind, db, data}. */
export function newPlace(kind) {
	const data = join(workDirectory(), `place-${++made}`)
	mkdirSync(data)
	if (kind === 'sqlite') return { kind, data, db: join(data, 'qifu.db') }
	const name = `bench_${process.pid}_${made}`
	psql(process.env.QIFU_TEST_POSTGRES, `CREATE DATABASE ${name}`)
	return { kind, data, name, db: postgresAddress(name) }
}

export function dropPlace(place) {
	rmSync(place.data, { recursive: true, force: true })
	if (place.kind === 'postgres') psql(process.env.QIFU_TEST_POSTGRES, `DROP DATABASE IF EXISTS ${place.name} WITH (FORCE)`)
}

/** A copy of a place in which no server runs. */
export function copyPlace(place) {
	const data = join(workDirectory(), `place-${++made}`)
	mkdirSync(data)
	if (place.kind === 'sqlite') {
		if (existsSync(`${place.db}-wal`) && statSync(`${place.db}-wal`).size) throw new Error('the database was not closed well')
		copyFileSync(place.db, join(data, 'qifu.db'))
		return { kind: place.kind, data, db: join(data, 'qifu.db') }
	}
	const name = `bench_${process.pid}_${made}`
	psql(process.env.QIFU_TEST_POSTGRES, `CREATE DATABASE ${name} TEMPLATE ${place.name}`)
	return { kind: place.kind, data, name, db: postgresAddress(name) }
}

export function psql(address, sql) {
	return execFileSync('psql', ['-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-d', address, '-c', sql], {
		encoding: 'utf8',
		maxBuffer: 1 << 28,
	}).trim()
}

/** Rows as arrays of texts, asked of the database itself. */
export function rows(place, sql) {
	const text =
		place.kind === 'postgres'
			? psql(place.db, sql)
			: execFileSync('sqlite3', ['-readonly', '-separator', '\t', place.db, sql], { encoding: 'utf8', maxBuffer: 1 << 28 }).trim()
	return text ? text.split('\n').map((line) => line.split('\t')) : []
}

export function command(place, args, input) {
	const began = performance.now()
	const done = spawnSync(qifu, [...args, '--db', place.db, '--data', place.data], { input: input ?? '', encoding: 'utf8', maxBuffer: 1 << 26 })
	if (done.status !== 0) throw new Error(`qifu ${args.join(' ')}: ${done.status ?? done.signal}\n${done.stderr}${done.error ?? ''}`)
	return { seconds: (performance.now() - began) / 1000, out: done.stdout }
}

/** The statements, as [text, values…], that a server sent to PostgreSQL while `work` was done: from PostgreSQL's own log. */
export async function statementsOf(place, work) {
	const log = join(rows(place, 'SHOW data_directory')[0][0], '../server.log')
	const admin = (sql) => psql(process.env.QIFU_TEST_POSTGRES, sql)
	const tell = async (what) => {
		admin(`ALTER SYSTEM SET log_statement = '${what}'`)
		admin('SELECT pg_reload_conf()')
		await sleep(500)
	}
	await tell('all')
	const from = statSync(log).size
	await work()
	await sleep(300)
	const text = readFileSync(log).subarray(from).toString()
	await tell('none')
	const of_process = {}
	for (const entry of text.split(/\n(?=\d{4}-\d\d-\d\d )/)) {
		const said = /LOG: {2}(?:execute [^:]+|statement): ([\s\S]*)$/.exec(entry)
		const values = /DETAIL: {2}parameters: ([\s\S]*)$/.exec(entry)
		const [, process_id] = /^[^[]*\[(\d+)\]/.exec(entry) ?? []
		const statements = (of_process[process_id] ??= [])
		if (said) statements.push([said[1].replaceAll(/\s+/g, ' ').trim()])
		else if (values && statements.length)
			for (const [, number, value] of values[1].matchAll(/\$(\d+) = (NULL|'(?:[^']|'')*')/g))
				statements.at(-1)[Number(number)] = value === 'NULL' ? '\\N' : value.slice(1, -1).replaceAll("''", "'")
	}
	// The connection that looked up the session is the one that served the request; jobs have others.
	const served = Object.values(of_process).find((statements) => statements.some(([sql]) => sql.includes('staff_session')))
	if (!served) throw new Error(`the log of PostgreSQL does not tell the statements: ${log}`)
	return served
}

export function replay(place, statements, seconds, connections) {
	const file = join(workDirectory(), 'statements')
	writeFileSync(file, statements.map((statement) => statement.join('\t') + '\n').join(''))
	return bare('bare_postgres', 'replay', place.db, seconds, connections, file)
}

// ---- servers --------------------------------------------------------------------------------------------------------

/** Asks until there is an answer; the milliseconds it took. */
async function firstAnswer(port, path, began, ended) {
	for (;;) {
		const status = await new Promise((done) => {
			http.get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
				answer.resume()
				answer.on('end', () => done(answer.statusCode))
			}).on('error', () => done(0))
		})
		if (status === 200) return performance.now() - began
		if (ended()) throw new Error('the server ended instead of answering')
		if (performance.now() - began > 60000) throw new Error('the server does not answer')
		await sleep(1)
	}
}

async function startProcess(program, args, port, path) {
	const began = performance.now()
	const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
	let said = ''
	let over = false
	child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4000)))
	const end = new Promise((done) => child.on('exit', () => done((over = true))))
	const server = {
		port,
		pid: child.pid,
		async stop() {
			if (!over) child.kill('SIGTERM')
			await end
		},
	}
	later(() => (over ? undefined : child.kill('SIGKILL')))
	server.first_answer_ms = await firstAnswer(port, path, began, () => over).catch((error) => {
		throw new Error(`${program}: ${error.message}\n${said}`)
	})
	return server
}

export const EVENT_THREADS = 2
export async function startQifu(place) {
	const port = await freePort()
	return startProcess(qifu, ['serve', '--listen', `127.0.0.1:${port}`, '--db', place.db, '--data', place.data], port, '/healthz')
}

/** nginx, with as many workers as qifu has event threads, answering one fixed body. */
export async function startNginx(body) {
	const port = await freePort()
	const directory = mkdtempSync(join(workDirectory(), 'nginx-'))
	execFileSync('chmod', ['755', directory])
	const quoted = body.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('$', '')
	writeFileSync(
		join(directory, 'nginx.conf'),
		`daemon off; worker_processes ${EVENT_THREADS}; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
	access_log off; keepalive_requests 1000000000; default_type application/json;
	client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
	server { listen 127.0.0.1:${port}; location / { return 200 '${quoted}'; } }
}
`,
	)
	return startProcess('/usr/sbin/nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')], port, '/')
}

/** Milliseconds of processor time that a server and its children have used. */
export function processor(server) {
	const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
	return [server.pid, ...children].reduce((sum, pid) => {
		const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ')
		return sum + (Number(fields[11]) + Number(fields[12])) * 10
	}, 0)
}

/** Resident memory in MB. */
export function memory(server) {
	return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024
}

// ---- people ---------------------------------------------------------------------------------------------------------

export function ask(server, method, path, headers, body) {
	return new Promise((done, failed) => {
		const text = body === undefined ? undefined : JSON.stringify(body)
		const request = http.request(
			{
				host: '127.0.0.1',
				port: server.port,
				path: `/api/v1${path}`,
				method,
				agent: false,
				headers: { ...headers, ...(text ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) } : {}) },
			},
			(answer) => {
				const chunks = []
				answer.on('data', (chunk) => chunks.push(chunk))
				answer.on('end', () => {
					const got = Buffer.concat(chunks).toString()
					if (answer.statusCode >= 300) failed(new Error(`${method} ${path}: ${answer.statusCode} ${got}`))
					else done({ headers: answer.headers, text: got, body: got ? JSON.parse(got) : undefined })
				})
			},
		)
		request.on('error', failed)
		request.end(text)
	})
}

export function makePerson(place) {
	command(place, ['user', 'zhuren', '--role', 'centre', '--org', 'KF', '--password-stdin'], `${FIRST}\n`)
	place.password = FIRST
}

/** The headers of somebody logged in. */
export async function login(server, place) {
	const session = async (password) => {
		const answer = await ask(server, 'POST', '/session', {}, { user: 'zhuren', password })
		return { Cookie: answer.headers['set-cookie'][0].split(';')[0], 'X-CSRF-Token': answer.headers['x-csrf-token'] }
	}
	if (place.password === FIRST) {
		await ask(server, 'POST', '/me/password', await session(FIRST), { old: FIRST, new: PASSWORD })
		place.password = PASSWORD
	}
	return session(place.password)
}

/** Streams of events, open until close(). */
export async function openStreams(server, headers, count) {
	const requests = []
	for (let i = 0; i < count; i++)
		await new Promise((done, failed) => {
			const request = http.get(
				{ host: '127.0.0.1', port: server.port, path: '/api/v1/events', agent: false, headers: { ...headers, Accept: 'text/event-stream' } },
				(answer) => {
					if (answer.statusCode !== 200) failed(new Error(`stream ${i}: ${answer.statusCode}`))
					answer.resume()
					answer.on('error', () => {})
					done()
				},
			)
			request.on('error', failed)
			requests.push(request)
		})
	return {
		close() {
			for (const request of requests) {
				request.removeAllListeners('error')
				request.on('error', () => {})
				request.destroy()
			}
		},
	}
}
