// Starts qifu on a database of its own and ends it; nothing is left behind.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const freePort = () =>
	new Promise((resolve) => {
		const probe = createServer().listen(0, '127.0.0.1', () => {
			const { port } = probe.address()
			probe.close(() => resolve(port))
		})
	})

/** A fresh database on the test server, and how to drop it. */
function postgresDatabase() {
	const server = process.env.QIFU_TEST_POSTGRES
	const name = `qifu_browser_${process.pid}`
	const psql = (sql) => execFileSync('psql', ['-q', '-v', 'ON_ERROR_STOP=1', '-d', server, '-c', sql], { stdio: ['ignore', 'ignore', 'inherit'] })
	psql(`CREATE DATABASE ${name}`)
	return { address: server.replace(/\/[^/?]*(\?|$)/, `/${name}$1`), drop: () => psql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

export async function startServer(program, database, clock) {
	const data = mkdtempSync(join(tmpdir(), 'qifu-browser-'))
	const postgres = database === 'postgres' ? postgresDatabase() : undefined
	const port = await freePort()
	const options = ['--data', data, ...(postgres ? ['--db', postgres.address] : [])]
	const log = []
	execFileSync(program, ['migrate', ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
	const child = spawn(program, ['serve', ...options, '--listen', `127.0.0.1:${port}`, '--clock', clock], { stdio: ['ignore', 'pipe', 'pipe'] })
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => log.push(chunk))
	let ended = false
	const end = new Promise((resolve) => child.on('exit', () => resolve((ended = true))))
	const base = `http://127.0.0.1:${port}`
	for (let tries = 0; ; tries++) {
		if (ended || tries > 150) throw new Error(`qifu did not start:\n${Buffer.concat(log)}`)
		if (await fetch(`${base}/healthz`).then((a) => a.ok, () => false)) break
		await new Promise((resolve) => setTimeout(resolve, 100))
	}
	return {
		base,
		options,
		data,
		log: () => Buffer.concat(log).toString(),
		file: (name) => readFileSync(join(data, name)),
		async stop() {
			child.kill('SIGTERM')
			await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 5000))])
			if (!ended) child.kill('SIGKILL')
			postgres?.drop()
			rmSync(data, { recursive: true, force: true })
		},
	}
}
