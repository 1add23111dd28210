// Two people at one record, and one wish that arrives several times.
import assert from "node:assert/strict";
import { ask, key, order, test, world } from "./kit.mjs";

const { server, place, person } = await world();
const hotline = await person("rexian-a");
const dispatcher = await person("diaodu-a");
const archive = await person("dangan-a");

test("of two people editing an order the second gets 412 with the present version, and nothing is overwritten", async () => {
	const made = await hotline.must("POST", "/repairs", order());
	const first = await hotline.put(`/repairs/${made.id}`, { description: "先改的人写的" }, made.version);
	assert.equal(first.status, 200, first.text);
	const second = await dispatcher.put(`/repairs/${made.id}`, { description: "后改的人写的" }, made.version);
	assert.equal(second.status, 412, second.text);
	assert.equal(second.body.present.description, "先改的人写的");
	assert.ok(second.body.present.version > made.version);
	assert.equal((await hotline.get(`/repairs/${made.id}`)).body.description, "先改的人写的");
	const third = await dispatcher.put(`/repairs/${made.id}`, { description: "看过以后再改" }, second.body.present.version);
	assert.equal(third.status, 200, third.text);
});

test("of two people editing a household at the same instant exactly one succeeds", async () => {
	const [row] = (await archive.get("/households", { number: "A0007" })).body.items;
	const now = (await archive.get(`/households/${row.id}`)).body;
	const answers = await Promise.all(
		Array.from({ length: 8 }, (_, i) => archive.put(`/households/${row.id}`, { remark: `第 ${i} 人` }, now.version)),
	);
	assert.deepEqual(answers.map((a) => a.status).sort(), [200, 412, 412, 412, 412, 412, 412, 412]);
	const kept = answers.find((a) => a.status === 200).body.remark;
	assert.equal((await archive.get(`/households/${row.id}`)).body.remark, kept);
	for (const answer of answers.filter((a) => a.status === 412)) assert.ok(answer.body.present, answer.text);
});

test("an edit without If-Match is refused with 428 and changes nothing", async () => {
	const made = await hotline.must("POST", "/repairs", order());
	const [row] = (await archive.get("/households", { number: "A0008" })).body.items;
	assert.equal((await hotline.put(`/repairs/${made.id}`, { description: "没有版本" })).status, 428);
	assert.equal((await archive.put(`/households/${row.id}`, { remark: "没有版本" })).status, 428);
	assert.equal((await hotline.get(`/repairs/${made.id}`)).body.version, made.version);
});

test("the version of an answer's ETag is the one to send back", async () => {
	const [row] = (await archive.get("/households", { number: "A0009" })).body.items;
	const seen = await archive.get(`/households/${row.id}`);
	assert.match(seen.headers.etag, /^"\d+"$/);
	const changed = await archive.send("PUT", `/households/${row.id}`, { remark: "按 ETag" }, { "If-Match": seen.headers.etag });
	assert.equal(changed.status, 200, changed.text);
	assert.notEqual(changed.headers.etag, seen.headers.etag);
	const again = await archive.send("PUT", `/households/${row.id}`, { remark: "旧的" }, { "If-Match": seen.headers.etag });
	assert.equal(again.status, 412);
});

test("a note survives that somebody else moves the order on meanwhile", async () => {
	const made = await hotline.must("POST", "/repairs", order());
	await dispatcher.must("PUT", `/repairs/${made.id}`, { level: "P2" }, { "If-Match": `"${made.version}"` });
	await hotline.must("POST", `/repairs/${made.id}/notes`, { text: "写到一半的备注" });
	const page = (await dispatcher.get(`/repairs/${made.id}`)).body;
	assert.ok(JSON.stringify(page.timeline).includes("写到一半的备注"));
});

test("twenty requests with one Idempotency-Key at the same time file one order", async () => {
	const before = (await hotline.get("/repairs", { count: 1, limit: 1 })).body.count;
	const headers = { "Idempotency-Key": key() };
	const body = order({ description: "二十次同一张" });
	const answers = await Promise.all(Array.from({ length: 20 }, () => hotline.post("/repairs", body, headers)));
	assert.deepEqual([...new Set(answers.map((a) => a.status))], [201], answers[0].text);
	assert.equal(new Set(answers.map((a) => a.body.id)).size, 1);
	assert.equal(new Set(answers.map((a) => a.text)).size, 1);
	assert.equal(answers.filter((a) => a.headers["idempotent-replay"] === "true").length, 19);
	assert.equal((await hotline.get("/repairs", { count: 1, limit: 1 })).body.count, before + 1);
});

test("a repeated key tells the same order later too, and refuses another body", async () => {
	const headers = { "Idempotency-Key": key() };
	const first = await hotline.post("/repairs", order(), headers);
	const again = await hotline.post("/repairs", order(), headers);
	assert.equal(again.status, 201);
	assert.equal(again.text, first.text);
	assert.equal(again.headers.location, first.headers.location);
	const other = await hotline.post("/repairs", order({ description: "另一件事" }), headers);
	assert.equal(other.status, 422, other.text);
	assert.match(other.body.detail, /Idempotency-Key/);
});

test("a refused request does not use up its key", async () => {
	const headers = { "Idempotency-Key": key() };
	assert.equal((await hotline.post("/repairs", order({ caller_phone: "12" }), headers)).status, 422);
	assert.equal((await hotline.post("/repairs", order(), headers)).status, 201);
});

test("the same key of two people is two orders", async () => {
	const headers = { "Idempotency-Key": key() };
	const one = await hotline.must("POST", "/repairs", order(), headers);
	const two = await dispatcher.must("POST", "/repairs", order(), headers);
	assert.notEqual(one.id, two.id);
});

test("a session's write without its CSRF token is refused", async () => {
	const count = ask(place, "SELECT count(*) FROM repair");
	const { Cookie } = hotline.headers;
	for (const headers of [{ Cookie }, { Cookie, "X-CSRF-Token": "0".repeat(32) }, { Cookie, "X-CSRF-Token": dispatcher.headers["X-CSRF-Token"] }]) {
		const stranger = new hotline.constructor(server, headers);
		assert.equal((await stranger.post("/repairs", order())).status, 403);
	}
	assert.equal(ask(place, "SELECT count(*) FROM repair"), count);
});
