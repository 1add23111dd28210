// Two nodes on one PostgreSQL.
import assert from "node:assert/strict";
import { Person, ask, order, sleep, startServer, test, until, world } from "./kit.mjs";

const house = await world();
const { place, orgs, staff } = house;
let one = house.server;
let two = await startServer(place);

test("orders filed on both nodes at once have numbers of one sequence, without a double", async () => {
	const here = await new Person(one).login("rexian-a");
	const there = here.at(two);
	const answers = await Promise.all(Array.from({ length: 120 }, (_, i) => (i % 2 ? here : there).post("/repairs", order({ address: `松涛小区${i}号` }))));
	for (const answer of answers) assert.equal(answer.status, 201, answer.text);
	const numbers = answers.map((answer) => answer.body.number).sort();
	assert.equal(new Set(numbers).size, 120);
	assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 120);
	const last = numbers.map((number) => Number(number.split("-").at(-1)));
	assert.equal(Math.max(...last) - Math.min(...last), 119);
});

test("one Idempotency-Key sent to both nodes at once files one order", async () => {
	const here = await new Person(one).login("rexian-a");
	const there = here.at(two);
	for (let round = 0; round < 5; round++) {
		const headers = { "Idempotency-Key": `beide-${round}` };
		const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? here : there).post("/repairs", order(), headers)));
		assert.equal(new Set(answers.map((answer) => `${answer.status} ${answer.body.id}`)).size, 1, answers.map((a) => a.text).join("\n"));
	}
});

test("what happens on one node reaches a screen on the other within a second", async () => {
	const here = await new Person(one).login("rexian-a");
	const stream = await (await new Person(two).login("diaodu-a")).listen();
	assert.equal(stream.status, 200);
	await sleep(300);
	for (let i = 0; i < 3; i++) {
		const made = await here.must("POST", "/repairs", order({ address: `竹林路${i}号` }));
		const answered = Date.now();
		const event = await stream.wait("the other node's event", 3000, (e) => e.data?.id === made.id || e.data?.subject_id === made.id);
		assert.ok(event.at - answered < 1000, `${event.at - answered} ms`);
	}
	stream.close();
});

test("who is moved to another company on one node has lost the old one's rights on the other: requests and open stream", async () => {
	const security = await new Person(one).login("anquan");
	const clerk = await new Person(two).login("rexian-a");
	const dispatcher = await new Person(one).login("diaodu-a");
	const made = await dispatcher.must("POST", "/repairs", order());
	const stream = await clerk.listen();
	await sleep(300);
	await dispatcher.must("POST", `/repairs/${made.id}/notes`, { text: "调动以前" });
	await stream.wait("an event before the move", 3000, (e) => (e.data?.id ?? e.data?.subject_id) === made.id);
	const record = (await security.get(`/staff/${staff["rexian-a"]}`)).body;
	const moved = await security.post(`/staff/${staff["rexian-a"]}/move`, { org_id: orgs.KFB }, { "If-Match": `"${record.version}"` });
	assert.equal(moved.status, 200, moved.text);
	const refused = await clerk.get(`/repairs/${made.id}`);
	assert.ok([401, 403, 404].includes(refused.status), `${refused.status} ${refused.text}`);
	const list = await clerk.get("/repairs");
	assert.ok(list.status !== 200 || list.body.items.length === 0, list.text);
	assert.ok([401, 403, 404, 422].includes((await clerk.post("/repairs", order({ org_id: orgs.KFA }))).status));
	await sleep(700); // what had been sent before the move has arrived
	const before = stream.events.length;
	await dispatcher.must("POST", `/repairs/${made.id}/notes`, { text: "调动以后" });
	await sleep(1500);
	assert.deepEqual(stream.events.slice(before).filter((e) => (e.data?.id ?? e.data?.subject_id) === made.id), []);
	stream.close();
});

test("warnings and escalations fire once, with two nodes and after a restart of both", async () => {
	const dispatcher = await new Person(one).login("diaodu-a");
	const faults = [];
	for (let i = 0; i < 5; i++) faults.push((await dispatcher.must("POST", "/repairs", order({ kind: "network_pressure", address: `南街${i}号` }))).id);
	const ids = faults.join(",");
	await Promise.all([one.stop(), two.stop()]);
	// 7 h 10 min after noon: handling (6 h) is past its second level, repairing (24 h) is not yet warned of.
	const clock = "2026-09-01T19:15:00+08:00";
	[one, two] = await Promise.all([startServer(place, { clock }), startServer(place, { clock })]);
	const escalated = `SELECT count(*) FROM timeline WHERE module = 'repair' AND kind = 'promise.escalated' AND subject_id IN (${ids})`;
	// Of each order two promises are past level 1 and 2: dispatching (30 min, + 30 min) and handling (6 h, + 1 h).
	await until("all escalations", 20000, () => Number(ask(place, escalated)) >= 20);
	const told = `SELECT count(*) FROM outbox WHERE template_code = 'promise.escalated' AND module = 'repair' AND subject_id IN (${ids})`;
	const level2 = `${told} AND staff_id = ${staff["jingli-a"]}`;
	const settled = async () => {
		await sleep(5000); // two rounds of the job on each node
		return [ask(place, escalated), ask(place, level2), ask(place, told)];
	};
	const once = await settled();
	// The manager has each of the ten level-2 escalations on the screen and as a text message.
	assert.deepEqual(once.slice(0, 2), ["20", "20"]);
	await Promise.all([one.stop(), two.stop()]);
	[one, two] = await Promise.all([startServer(place, { clock }), startServer(place, { clock })]);
	assert.deepEqual(await settled(), once);
	assert.equal(ask(place, "SELECT count(*) FROM (SELECT once_key, channel, recipient FROM outbox GROUP BY 1, 2, 3 HAVING count(*) > 1) x"), "0");
});
