// What the tests of the whole program stand on: databases, servers, people, raw connections.
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const program = process.env.QIFU ?? join(repository, "build/qifu");
/** "sqlite" or "postgres": the database of the run in progress. */
export const database = process.env.QIFU_SYSTEM_DATABASE ?? "sqlite";
export const isPostgres = database === "postgres";
export const NOON = "2026-09-01T12:00:00+08:00";
export const PASSWORD = "Shifan-Kouling-7315";
const FIRST = "Chuci-Kouling-2608";

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const key = () => randomUUID();

/** Asks until `ask` gives something true; fails with `what` after `ms`. */
export async function until(what, ms, ask) {
	for (const end = Date.now() + ms; ; ) {
		const got = await ask();
		if (got) return got;
		if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
		await sleep(25);
	}
}

// ---- the register of tests ------------------------------------------------------------------------------------------

const tests = [];
export function test(name, run) {
	tests.push({ name, run });
}

export async function runTests() {
	let passed = 0;
	let failed = 0;
	for (const { name, run } of tests) {
		const began = Date.now();
		try {
			await run();
			passed++;
			console.log(`ok   [${database}] ${name} (${Date.now() - began} ms)`);
		} catch (error) {
			failed++;
			console.log(`FAIL [${database}] ${name}\n${error.stack}`);
		}
	}
	await cleanUp();
	return { passed, failed };
}

// ---- databases and directories --------------------------------------------------------------------------------------

const undo = [];
export async function cleanUp() {
	for (const step of undo.splice(0).reverse()) {
		try {
			await step();
		} catch (error) {
			console.log(`left behind: ${error.message}`);
		}
	}
}

export function directory() {
	const path = mkdtempSync(join(tmpdir(), "qifu-system-"));
	undo.push(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

const address = (name) => process.env.QIFU_TEST_POSTGRES.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
const psql = (db, sql) =>
	execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", db, "-c", sql], {
		encoding: "utf8",
		stdio: ["ignore", "pipe", "pipe"],
	}).trim();

let databases = 0;
/** An empty database, or a copy of another: {db, data}. */
export function newDatabase(from) {
	const data = directory();
	if (database === "postgres") {
		const name = `qifu_system_${process.pid}_${++databases}`;
		psql(process.env.QIFU_TEST_POSTGRES, `CREATE DATABASE ${name}${from ? ` TEMPLATE ${from.name}` : ""}`);
		undo.push(() => psql(process.env.QIFU_TEST_POSTGRES, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
		return { db: address(name), data, name };
	}
	const db = join(data, "qifu.db");
	if (from) copyFileSync(from.db, db);
	return { db, data };
}

/** One value, asked of the database itself: for what no route tells. */
export function ask(place, sql) {
	if (database === "postgres") return psql(place.db, sql);
	return execFileSync("sqlite3", ["-readonly", place.db, sql], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

function change(place, sql) {
	if (database === "postgres") psql(place.db, sql);
	else execFileSync("sqlite3", [place.db, sql], { stdio: ["ignore", "ignore", "inherit"] });
}

// ---- commands and servers -------------------------------------------------------------------------------------------

/** Runs a command to its end: {status, out, err}. */
export function command(place, args, { clock, input } = {}) {
	const options = place ? ["--db", place.db, "--data", place.data] : [];
	const child = spawn(program, [...args, ...options, ...(clock ? ["--clock", clock] : [])], {
		stdio: ["pipe", "pipe", "pipe"],
	});
	const out = [];
	const err = [];
	child.stdout.on("data", (chunk) => out.push(chunk));
	child.stderr.on("data", (chunk) => err.push(chunk));
	child.stdin.on("error", () => {});
	child.stdin.end(input ?? "");
	const ended = new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (status, signal) =>
			resolve({ status, signal, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
		);
	});
	ended.kill = () => child.kill("SIGKILL");
	return ended;
}

export async function freePort() {
	const probe = net.createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => probe.on("listening", resolve));
	const { port } = probe.address();
	await new Promise((resolve) => probe.close(resolve));
	return port;
}

/** A server on a database: `serve`, or `demo` with a data directory alone. */
export async function startServer(place, { clock = NOON, name = "serve", more = [] } = {}) {
	const port = await freePort();
	const args = [name, "--listen", `127.0.0.1:${port}`, "--data", place.data, ...more];
	if (place.db) args.push("--db", place.db);
	if (clock) args.push("--clock", clock);
	const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
	const log = [];
	const lines = [];
	child.stdout.on("data", (chunk) => {
		log.push(chunk);
		lines.push(...chunk.toString().split("\n"));
	});
	child.stderr.on("data", (chunk) => log.push(chunk));
	let status;
	const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve((status = code ?? signal))));
	const server = {
		port,
		place,
		base: `http://127.0.0.1:${port}`,
		pid: child.pid,
		agent: new http.Agent({ keepAlive: true, maxSockets: 128 }),
		log: () => Buffer.concat(log).toString(),
		lines,
		async kill(signal = "SIGKILL") {
			child.kill(signal);
			await ended;
			server.agent.destroy();
			return status;
		},
		stop: () => server.kill("SIGTERM"),
	};
	undo.push(() => (status === undefined ? server.kill("SIGKILL") : undefined));
	await until(`${name} answers`, 100000, async () => {
		if (status !== undefined) throw new Error(`${name} ended with ${status}:\n${server.log()}`);
		return health(server).then(
			(answer) => answer.status === 200,
			() => false,
		);
	});
	return server;
}

export const health = (server) => send(server, "GET", "/healthz", { absolute: true });

/** The server answers, and soon. On a machine with other work the best of a few tries counts. */
export async function assertSteady(server, limit = 200) {
	let best = Infinity;
	for (let i = 0; i < 5 && best >= limit; i++) {
		const began = performance.now();
		const answer = await health(server);
		if (answer.status !== 200) throw new Error(`healthz says ${answer.status}: ${answer.text}`);
		best = Math.min(best, performance.now() - began);
	}
	if (best >= limit) throw new Error(`healthz took ${best.toFixed(0)} ms`);
}

// ---- requests -------------------------------------------------------------------------------------------------------

/** {status, headers, text, bytes, body}: body is the JSON, if it is JSON. */
export function send(server, method, path, { headers = {}, body, absolute = false, timeout = 30000 } = {}) {
	return new Promise((resolve, reject) => {
		const request = http.request(
			{
				host: "127.0.0.1",
				port: server.port,
				path: absolute ? path : `/api/v1${path}`,
				method,
				headers: { ...headers, ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }) },
				agent: server.agent,
				timeout,
			},
			(answer) => {
				const chunks = [];
				answer.on("data", (chunk) => chunks.push(chunk));
				answer.on("error", reject);
				answer.on("end", () => {
					const bytes = Buffer.concat(chunks);
					const text = bytes.toString();
					const is_json = /json/.test(answer.headers["content-type"] ?? "") && text;
					resolve({
						status: answer.statusCode,
						headers: answer.headers,
						text,
						bytes,
						body: is_json ? JSON.parse(text) : undefined,
					});
				});
			},
		);
		request.on("timeout", () => request.destroy(new Error("no answer in time")));
		request.on("error", reject);
		request.end(body);
	});
}

const query = (path, parameters) =>
	parameters ? `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(parameters)}` : path;

/** Somebody who is logged in, or a program with a key. */
export class Person {
	constructor(server, headers = {}) {
		this.server = server;
		this.headers = headers;
	}
	/** Another server on the same database. */
	at(server) {
		return new Person(server, this.headers);
	}
	async login(user, password = PASSWORD) {
		const answer = await send(this.server, "POST", "/session", {
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ user, password }),
		});
		if (answer.status !== 200) throw new Error(`${user} cannot log in: ${answer.status} ${answer.text}`);
		this.headers = {
			Cookie: answer.headers["set-cookie"][0].split(";")[0],
			"X-CSRF-Token": answer.headers["x-csrf-token"],
		};
		this.me = answer.body.me;
		return this;
	}
	send(method, path, body, headers = {}) {
		const is_raw = Buffer.isBuffer(body) || typeof body === "string";
		return send(this.server, method, path, {
			headers: {
				...this.headers,
				...(body !== undefined && !is_raw ? { "Content-Type": "application/json" } : {}),
				...headers,
			},
			body: body === undefined || is_raw ? body : JSON.stringify(body),
		});
	}
	get(path, parameters, headers) {
		return this.send("GET", query(path, parameters), undefined, headers);
	}
	post(path, body, headers) {
		return this.send("POST", path, body, headers);
	}
	put(path, body, version) {
		return this.send("PUT", path, body, version === undefined ? {} : { "If-Match": `"${version}"` });
	}
	delete(path, headers) {
		return this.send("DELETE", path, undefined, headers);
	}
	/** The JSON of an answer that must be a success. */
	async must(method, path, body, headers) {
		const answer = await this.send(method, path, body, headers);
		if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
		return answer.body;
	}
	/** All rows of a list, page by page. */
	async all(path, parameters = {}) {
		const items = [];
		for (let after = ""; ; ) {
			const answer = await this.get(path, { limit: 500, ...parameters, ...(after ? { after } : {}) });
			if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
			items.push(...answer.body.items);
			if (!answer.body.next) return items;
			after = answer.body.next;
		}
	}
	/** The event stream: {events, ended, close(), wait(what, ms, match)}. */
	listen() {
		const stream = { events: [], ended: false, close: () => request.destroy() };
		let text = "";
		const request = http.get({
			host: "127.0.0.1",
			port: this.server.port,
			path: "/api/v1/events",
			headers: { ...this.headers, Accept: "text/event-stream" },
		});
		request.on("error", () => (stream.ended = true));
		stream.open = new Promise((resolve) =>
			request.on("response", (answer) => {
				stream.status = answer.statusCode;
				answer.on("data", (chunk) => {
					text += chunk;
					for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
						const event = { at: Date.now() };
						for (const line of text.slice(0, end).split("\n")) {
							const [, name, value] = /^(\w*): ?(.*)$/.exec(line) ?? [];
							if (name) event[name] = name === "data" ? JSON.parse(value) : value;
						}
						if (event.event || event.data) stream.events.push(event);
					}
					resolve(stream);
				});
				answer.on("close", () => (stream.ended = true));
				answer.on("error", () => (stream.ended = true));
			}),
		);
		stream.wait = (what, ms, match) => until(what, ms, () => stream.events.find(match));
		undo.push(() => request.destroy());
		return stream.open;
	}
}

/** Bytes as they are, over a connection of their own; what came back until the other side closed or `ms` passed. */
export function raw(server, bytes, { ms = 2000, close = false } = {}) {
	return new Promise((resolve) => {
		const chunks = [];
		const socket = net.connect(server.port, "127.0.0.1");
		const done = () => {
			clearTimeout(timer);
			socket.destroy();
			resolve(Buffer.concat(chunks).toString("latin1"));
		};
		const timer = setTimeout(done, ms);
		socket.on("data", (chunk) => chunks.push(chunk));
		socket.on("error", done);
		socket.on("close", done);
		socket.write(bytes, () => close && socket.end());
	});
}

// ---- a group with two companies -------------------------------------------------------------------------------------

const HEADER = "户号,户名,证件号码,联系电话,小区,楼栋,单元,室,用气类别,用气人口,表号,表型,表底数,开户日期";

/** Invented households; a row is an array in the order of the standard header. */
export function householdFile(path, rows) {
	const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
	writeFileSync(path, [HEADER, ...rows.map((row) => row.map((x) => cell(String(x))).join(","))].join("\r\n") + "\r\n");
	return path;
}

export function plainRow(letter, i) {
	const four = String(i).padStart(4, "0");
	return [
		`${letter}${four}`, `示例${"甲乙丙丁戊己庚辛壬癸"[i % 10]}${four}`, "", `199${String(i).padStart(8, "0")}`, `${letter === "A" ? "松涛" : "竹影"}小区`,
		String(1 + (i % 9)), String(1 + (i % 3)), String(101 + i), "居民", "3", `M${letter}${four}`, "G2.5", "0", "2020-05-01",
	];
}

const people = [
	["rexian-a", "何示例", "hotline", "KFA"],
	["rexian-b", "何样例", "hotline", "KFB"],
	["diaodu-a", "戴示例", "dispatcher", "KFA"],
	["diaodu-b", "戴样例", "dispatcher", "KFB"],
	["weixiu-a", "魏示例", "technician", "KFA", "BZA"],
	["weixiu-b", "魏样例", "technician", "KFB", "BZB"],
	["dangan-a", "党示例", "archive", "GSA"],
	["dangan-b", "党样例", "archive", "GSB"],
	["zhuren-a", "朱示例", "centre", "KFA"],
	["jingli-a", "景示例", "company", "GSA"],
	["jingli-b", "景样例", "company", "GSB"],
	["huifang-a", "惠示例", "revisit", "KFA"],
	["kuguan-a", "库示例", "store", "KFA"],
	["jituan", "季示例", "group", "ROOT"],
];

async function enter(server, user) {
	const first = await new Person(server).login(user, FIRST);
	await first.must("POST", "/me/password", { old: FIRST, new: PASSWORD });
}

async function furnish(place, server) {
	const orgs = {};
	for (const user of ["xitong", "anquan", "shenji"]) await enter(server, user);
	const system = await new Person(server).login("xitong");
	const security = await new Person(server).login("anquan");
	orgs.ROOT = system.me.org.id;
	const open = async (parent, kind, code, name, more) => {
		orgs[code] = (await system.must("POST", "/orgs", { parent_id: orgs[parent], kind, code, name, ...more })).id;
	};
	for (const [letter, name, place_code] of [["A", "松涛", "370102"], ["B", "竹影", "330102"]]) {
		await open("ROOT", "company", `GS${letter}`, `${name}燃气公司`, { place_code, service_phone: "0539-1234567" });
		await open(`GS${letter}`, "centre", `KF${letter}`, `${name}客服中心`);
		await open(`KF${letter}`, "team", `BZ${letter}`, `${name}抢修班`);
	}
	const staff = {};
	await Promise.all(
		people.map(async ([login, name, role, org, belongs], i) => {
			const made = await security.must("POST", "/staff", {
				org_id: orgs[belongs ?? org],
				number: `S${100 + i}`,
				login,
				name,
				phone: `1991000${1000 + i}`,
			});
			staff[login] = made.id;
			await security.must("POST", `/staff/${made.id}/grants`, { role, org_id: orgs[org] });
		}),
	);
	return { orgs, staff };
}

/** Everybody has the password of the three who chose it themselves: hashing it once for each is most of the time. */
function giveEverybodyThePassword(place) {
	change(
		place,
		`INSERT INTO staff_secret (staff_id, hash, set_at, must_change) SELECT s.id, p.hash, p.set_at, 0 FROM staff s,
		(SELECT hash, set_at FROM staff_secret ORDER BY staff_id LIMIT 1) p
		WHERE NOT EXISTS (SELECT 1 FROM staff_secret x WHERE x.staff_id = s.id)`,
	);
}

/** Two companies A and B, each with centre, team, people and 60 households. */
export async function buildWorld() {
	const place = newDatabase();
	for (const [user, name, role] of [["xitong", "习示例", "sysadmin"], ["anquan", "安示例", "secadmin"], ["shenji", "沈示例", "auditor"]]) {
		const made = await command(place, ["user", "--name", name, "--role", role, "--password-stdin", user], {
			clock: NOON,
			input: `${FIRST}\n`,
		});
		if (made.status !== 0) throw new Error(`qifu user ${user}: ${made.out}${made.err}`);
	}
	const server = await startServer(place);
	const facts = await furnish(place, server);
	await server.stop();
	giveEverybodyThePassword(place);
	for (const letter of ["A", "B"]) {
		const rows = Array.from({ length: 60 }, (_, i) => plainRow(letter, i + 1));
		const file = householdFile(join(place.data, "households.csv"), rows);
		const done = await command(place, ["import", "households", file, "--org", `KF${letter}`], { clock: NOON });
		if (!/created=60 .* failed=0 rows=60/.test(done.out)) throw new Error(`import: ${done.out}${done.err}`);
	}
	return { place, facts };
}

/** A copy of the world that the run has built, with a server on it unless `stopped`. */
export async function world(options) {
	const template = JSON.parse(process.env.QIFU_SYSTEM_WORLD);
	const place = newDatabase(template.place);
	const server = options?.stopped ? undefined : await startServer(place, options);
	return { place, server, ...template.facts, person: (login) => new Person(server).login(login) };
}

/** A demo of its own: {server, logins: {role: {user, password}}}; undefined where the program has none. */
export async function demo(more = ["--households", "300"], clock) {
	const place = { data: directory() };
	const server = await startServer(place, { name: "demo", more, clock });
	await until("demo prints its logins and ready", 30000, () => server.lines.some((line) => /^ready /.test(line)));
	const logins = {};
	for (const line of server.log().split("\n")) {
		const [, role, user, password] = /^login (\S+) (\S+) (\S+)$/.exec(line) ?? [];
		if (role) logins[role] = { user, password };
	}
	return { server, logins, place };
}

export const order = (more = {}) => ({
	kind: "no_gas",
	address: "松涛小区1号楼1单元102室",
	caller_name: "示例住户",
	caller_phone: "19900000102",
	description: "家里没有气了",
	...more,
});

export function makeDirectory(path) {
	mkdirSync(path, { recursive: true });
	return path;
}
