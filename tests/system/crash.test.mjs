// What was acknowledged is there after the plug was pulled.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Person, ask, command, householdFile, isPostgres, key, newDatabase, order, plainRow, sleep, startServer, test, until, world, NOON } from "./kit.mjs";

const CLIENTS = 64;
const ROUNDS = 3;

const house = await world({ stopped: true });
let server = await startServer(house.place);
const hotline = await new Person(server).login("rexian-a");

/** Files orders until `most` are acknowledged, and the server is killed in the midst of the next ones. What was answered, and the keys whose answer never came. */
async function fileUntilKilled(person, most) {
	const answered = new Map();
	const open = new Map();
	let on = true;
	const client = async (number) => {
		for (let i = 0; on; i++) {
			const name = key();
			const body = order({ description: `第 ${number} 路第 ${i} 单`, address: `松涛小区${number + 1}号楼${i + 1}室` });
			open.set(name, body);
			let answer;
			try {
				answer = await person.post("/repairs", body, { "Idempotency-Key": name });
			} catch {
				return;
			}
			assert.equal(answer.status, 201, answer.text);
			answered.set(name, { body, reply: answer.body });
			open.delete(name);
		}
	};
	const clients = Array.from({ length: CLIENTS }, (_, number) => client(number));
	await until("orders under way", 30000, () => answered.size >= most);
	await server.kill("SIGKILL");
	on = false;
	await Promise.all(clients);
	return { answered, open };
}

async function assertVerified() {
	const verified = await command(house.place, ["verify"]);
	assert.equal(verified.status, 0, verified.out + verified.err);
	assert.match(verified.out, /审计链：\d+ 行，前后相符/);
	assert.match(verified.out, /时间轴：[1-9]\d* 条，前后相符/);
}

const acknowledged = new Map();

for (let round = 1; round <= ROUNDS; round++) {
	test(`killed while ${CLIENTS} clients file orders, every acknowledged order is there exactly once (round ${round})`, async () => {
		const { answered, open } = await fileUntilKilled(hotline.at(server), CLIENTS * 2 * round);
		assert.ok(answered.size >= CLIENTS, `only ${answered.size} orders were acknowledged before the kill`);
		for (const [name, one] of answered) acknowledged.set(name, one);
		await assertVerified();
		server = await startServer(house.place);
		const person = hotline.at(server);
		const rows = await person.all("/repairs", { sort: "number" });
		const byId = new Map(rows.map((row) => [row.id, row]));
		assert.equal(byId.size, rows.length, "an order stands in the list twice");
		for (const { body, reply } of acknowledged.values()) {
			const row = byId.get(reply.id);
			assert.ok(row, `the acknowledged order ${reply.number} is lost`);
			assert.equal(row.number, reply.number);
			assert.equal(row.address, body.address);
		}
		const numbers = rows.map((row) => row.number);
		assert.equal(new Set(numbers).size, numbers.length, "a number was given twice");
		assert.ok(rows.length <= acknowledged.size + ROUNDS * CLIENTS, `${rows.length} orders for ${acknowledged.size} answers`);
		const promises = (await person.get("/promises", { module: "repair", subject_id: rows[0].id })).body.items;
		assert.ok(promises.length > 0, "an order without its promises");

		// Whoever got no answer asks again with the same key, twice: one order each, whether or not it had been filed.
		const known = new Set(rows.map((row) => row.id));
		const before = rows.length;
		let fresh = 0;
		for (const [name, body] of open) {
			const first = await person.post("/repairs", body, { "Idempotency-Key": name });
			assert.equal(first.status, 201, first.text);
			assert.equal(known.has(first.body.id), first.headers["idempotent-replay"] === "true");
			if (!known.has(first.body.id)) fresh++;
			assert.equal((await person.post("/repairs", body, { "Idempotency-Key": name })).body.id, first.body.id);
			acknowledged.set(name, { body, reply: first.body });
		}
		assert.equal((await person.get("/repairs", { count: 1, limit: 1 })).body.count, before + fresh);
		let retried = 0;
		for (const [name, { body, reply }] of [...answered].slice(0, 20)) {
			const again = await person.post("/repairs", body, { "Idempotency-Key": name });
			assert.equal(again.status, 201, again.text);
			assert.equal(again.body.id, reply.id);
			retried++;
		}
		assert.equal(retried, 20);
		assert.equal((await person.get("/repairs", { count: 1, limit: 1 })).body.count, before + fresh);
	});
}

test("promises, timeline and number of an order are all there or none is", async () => {
	assert.equal(ask(house.place, "SELECT count(*) FROM repair r WHERE NOT EXISTS (SELECT 1 FROM timeline t WHERE t.module = 'repair' AND t.subject_id = r.id)"), "0");
	assert.equal(ask(house.place, "SELECT count(*) FROM repair r WHERE NOT EXISTS (SELECT 1 FROM promise_subject p WHERE p.module = 'repair' AND p.subject_id = r.id)"), "0");
	assert.equal(ask(house.place, "SELECT count(*) FROM timeline t WHERE t.module = 'repair' AND NOT EXISTS (SELECT 1 FROM repair r WHERE r.id = t.subject_id)"), "0");
	assert.equal(ask(house.place, "SELECT count(*) FROM idempotency WHERE status = 0"), "0");
});

test("a stop in good order, with writes under way, ends with status 0 and loses nothing that was answered", async () => {
	for (const pause of [5, 15, 30]) {
		const person = hotline.at(server);
		const wishes = Array.from({ length: 32 }, () => person.post("/repairs", order({ description: "停机时" })).catch(() => undefined));
		await sleep(pause);
		const status = await server.stop();
		assert.equal(status, 0, server.log().slice(-2000));
		const answers = (await Promise.all(wishes)).filter((answer) => answer?.status === 201);
		server = await startServer(house.place);
		for (const answer of answers) assert.equal((await hotline.at(server).get(`/repairs/${answer.body.id}`)).status, 200);
	}
	await assertVerified();
});

test("an import killed in its middle goes on where it was, and its sums are those of the file", async () => {
	const place = newDatabase();
	const size = isPostgres ? 6000 : 30000; // a batch is 4000
	const wrong = [100, size / 2, size - 1];
	const rows = [];
	for (let i = 1; i <= size; i++) rows.push(plainRow("A", i));
	for (const at of wrong) rows[at][8] = "不存在的类别";
	const file = householdFile(join(place.data, "many.csv"), rows);
	let killed = 0;
	let done;
	for (let tries = 0; tries < 3; tries++) {
		const run = command(place, ["import", "households", file], { clock: NOON });
		const timer =
			tries < 2 &&
			setInterval(() => {
				let count = 0;
				try {
					count = Number(ask(place, "SELECT coalesce(max(done), 0) FROM import WHERE state = 'running'"));
				} catch {
					return; // no table yet, or busy
				}
				if (count > killed) {
					killed = count;
					run.kill();
				}
			}, isPostgres ? 100 : 10);
		done = await run;
		clearInterval(timer);
		if (done.signal !== "SIGKILL") break;
	}
	assert.ok(killed > 0 && killed < size, "the import was not caught at work");
	assert.equal(done.status, 3, done.out + done.err.slice(0, 2000));
	assert.match(done.err, /接着上次中断的地方继续/);
	assert.ok(done.out.includes(`created=${size - 3} updated=0 unchanged=0 failed=3 rows=${size}\n`), done.out);
	assert.deepEqual(
		[...done.err.matchAll(/^(\d+)\t用气类别\t/gm)].map((match) => Number(match[1])),
		wrong.map((at) => at + 2), // the header is line 1
	);
	assert.equal(ask(place, "SELECT count(*) FROM household"), String(size - 3));
	assert.equal(ask(place, "SELECT count(DISTINCT number) FROM household"), String(size - 3));
	const again = await command(place, ["import", "households", file], { clock: NOON });
	assert.ok(again.out.includes(`created=0 updated=0 unchanged=${size - 3} failed=3 rows=${size}\n`), again.out);
	const verified = await command(place, ["verify"]);
	assert.equal(verified.status, 0, verified.out + verified.err);
});

