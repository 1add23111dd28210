// Who may see and do what, asked through every way out: lists, counts, search, exports, files, events, keys.
import assert from "node:assert/strict";
import { Person, ask, order, send, sleep, test, world } from "./kit.mjs";

const { server, place, orgs, staff, person } = await world();
const [clerkA, clerkB, archiveA, archiveB, system, security, auditor] = await Promise.all(
	["rexian-a", "rexian-b", "dangan-a", "dangan-b", "xitong", "anquan", "shenji"].map(person),
);
const beyond = (answer) => assert.ok([403, 404].includes(answer.status), `${answer.status} ${answer.text}`);
const householdOf = async (who, number) => (await who.get("/households", { number })).body.items[0];

const orderA = await clerkA.must("POST", "/repairs", order({ description: "松涛的事", address: "松涛小区北门" }));
const householdA = await householdOf(archiveA, "A0001");

// A white pixel: the smallest picture there is to prove something with.
const PIXEL = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC",
	"base64",
);

test("every operation says who may use it, and without a login none but the public ones answers", async () => {
	const { body } = await send(server, "GET", "/api/openapi.json", { absolute: true });
	let asked = 0;
	for (const [path, methods] of Object.entries(body.paths))
		for (const [method, operation] of Object.entries(methods)) {
			if (!["get", "post", "put", "patch", "delete"].includes(method)) continue;
			assert.ok(operation["x-permission"] || operation["x-public"] === true, `${method} ${path}`);
			if (operation["x-public"]) continue;
			const real = path.replace(/\{\w+\}/g, "1");
			const answer = await send(server, method.toUpperCase(), real.startsWith("/api/") ? real : `/api/v1${real}`, { absolute: true });
			assert.equal(answer.status, 401, `${method} ${path}: ${answer.status}`);
			asked++;
		}
	assert.ok(asked > 80, `only ${asked} operations`);
});

test("lists and counts show one's own company's records only, whatever the filter asks for", async () => {
	for (const [who, letter, other] of [[archiveA, "A", "B"], [archiveB, "B", "A"]]) {
		const mine = await who.all("/households");
		assert.equal(mine.length, 60);
		assert.ok(mine.every((row) => row.number.startsWith(letter)));
		assert.equal((await who.get("/households", { count: 1, limit: 1 })).body.count, 60);
		for (const filter of [{ number: `${other}0001` }, { org_id: orgs[`KF${other}`] }, { company_id: orgs[`GS${other}`] }]) {
			const answer = await who.get("/households", { ...filter, count: 1 });
			assert.deepEqual(answer.body.items, []);
			assert.equal(answer.body.count, 0);
		}
	}
	assert.ok((await clerkA.all("/repairs")).some((row) => row.id === orderA.id));
	assert.ok(!(await clerkB.all("/repairs")).some((row) => row.id === orderA.id));
});

test("a known address of another company's record opens nothing, and nothing can be written to it", async () => {
	for (const path of [`/repairs/${orderA.id}`, `/households/${householdA.id}`, `/households/${householdA.id}/page`, `/households/${householdA.id}/meters`, `/persons/${householdA.person_id}`, `/evidence?module=repair&subject_id=${orderA.id}`, `/promises?module=repair&subject_id=${orderA.id}`])
		beyond(await clerkB.get(path));
	beyond(await clerkB.put(`/repairs/${orderA.id}`, { description: "别家的" }, orderA.version));
	beyond(await clerkB.post(`/repairs/${orderA.id}/notes`, { text: "别家的" }));
	beyond(await clerkB.post(`/repairs/${orderA.id}/steps`, { step: "cancel", reason: "别家的人" }));
	beyond(await clerkB.post(`/repairs/${orderA.id}/unmask`, { reason: "想看看别家的" }));
	beyond(await clerkB.post(`/households/${householdA.id}/unmask`, { reason: "想看看别家的" }));
	const forged = await clerkB.post("/repairs", order({ household_id: householdA.id }));
	assert.ok([403, 404, 422].includes(forged.status), forged.text);
	const smuggled = await clerkB.post("/repairs", order({ org_id: orgs.KFA }));
	assert.ok([403, 404, 422].includes(smuggled.status), smuggled.text);
	assert.equal((await clerkA.get(`/repairs/${orderA.id}`)).body.description, "松涛的事");
});

test("search finds nothing beyond the fence, not by number, name, address, phone or order number", async () => {
	for (const q of ["A0001", "A000", "松涛小区", "示例乙0001", "19900000001", orderA.number]) {
		const ours = (await clerkA.get("/search", { q })).body.hits;
		assert.ok(ours.length > 0, `${q} finds nothing at home`);
		const theirs = (await clerkB.get("/search", { q })).body.hits;
		const strays = theirs.filter((hit) => hit.type !== "household" || !String(hit.number).startsWith("B"));
		assert.deepEqual(strays, [], q);
	}
});

test("an exported file holds one's own company's rows only, and asking for another's gives none", async () => {
	const made = await archiveB.post("/households/export", { format: "csv", reason: "核对本公司户档" });
	assert.equal(made.status, 200, made.text);
	const rows = made.text.trim().split("\r\n");
	assert.equal(rows.length, 61);
	assert.ok(!/A00\d\d/.test(made.text) && /B0060/.test(made.text));
	const other = await archiveB.post("/households/export", { format: "csv", reason: "看看别家的", org_id: orgs.KFA });
	assert.ok(other.status !== 200 || !/A00\d\d/.test(other.text), other.text.slice(0, 300));
	beyond(await clerkA.post("/households/export", { format: "csv", reason: "没有权限的人" }));
	const list = await archiveB.get("/households", { format: "csv" });
	assert.ok(list.status !== 200 || !/A00\d\d/.test(list.text));
	assert.equal((await clerkA.get("/households", { format: "csv" })).status, 403);
	assert.equal((await clerkA.get("/repairs", { format: "csv" })).status, 403);
});

test("evidence of another company's order can be neither listed, seen, fetched nor added to", async () => {
	const added = await clerkA.post(`/evidence?module=repair&subject_id=${orderA.id}&kind=document&name=${encodeURIComponent("现场.png")}`, PIXEL, { "Content-Type": "image/png" });
	assert.equal(added.status, 201, added.text);
	const { id } = added.body;
	for (const way of ["image", "original"]) {
		assert.equal((await clerkA.get(`/evidence/${id}/${way}`)).status, 200);
		beyond(await clerkB.get(`/evidence/${id}/${way}`));
		assert.equal((await new Person(server).get(`/evidence/${id}/${way}`)).status, 401);
	}
	beyond(await clerkB.post(`/evidence?module=repair&subject_id=${orderA.id}&kind=document`, PIXEL, { "Content-Type": "image/png" }));
});

test("a stream tells of one's own company's records only", async () => {
	const [here, there] = await Promise.all([clerkA.listen(), clerkB.listen()]);
	await sleep(200);
	const a = await clerkA.must("POST", "/repairs", order());
	const b = await clerkB.must("POST", "/repairs", order());
	const of = (stream) => stream.events.map((e) => e.data?.subject_id).filter(Boolean);
	await here.wait("A's event", 3000, () => of(here).includes(a.id));
	await there.wait("B's event", 3000, () => of(there).includes(b.id));
	await sleep(300);
	assert.ok(!of(here).includes(b.id) && !of(there).includes(a.id));
	here.close();
	there.close();
});

test("a clerk who is moved to another company loses the old one's records with the next request, and what he may there follows his role", async () => {
	const clerk = await person("kuguan-a");
	assert.equal((await clerk.get(`/repairs/${orderA.id}`)).status, 200);
	const { version } = (await security.get(`/staff/${staff["kuguan-a"]}`)).body;
	await security.must("POST", `/staff/${staff["kuguan-a"]}/move`, { org_id: orgs.KFB }, { "If-Match": `"${version}"` });
	beyond(await clerk.get(`/repairs/${orderA.id}`));
	const list = await clerk.get("/repairs");
	assert.ok(list.status === 403 || list.body.items.every((row) => row.company_id === orgs.GSB), list.text);
});

test("the three powers are three: none of the administrators can do another's work or see a customer", async () => {
	const asks = {
		"GET /audit": [auditor],
		"GET /audit/verify": [auditor],
		"GET /orgs": [system, security],
		"GET /staff": [system, security],
		"GET /households": [],
		"GET /repairs": [],
		"GET /keys": [security],
	};
	for (const [what, may] of Object.entries(asks)) {
		const [method, path] = what.split(" ");
		for (const who of [system, security, auditor]) {
			const { status } = await who.send(method, path);
			assert.equal(status, may.includes(who) ? 200 : 403, `${what} as ${who.me.login}`);
		}
	}
	const unit = { parent_id: orgs.GSA, kind: "centre", code: "XIN", name: "新中心" };
	for (const who of [security, auditor]) assert.equal((await who.post("/orgs", unit)).status, 403);
	const newcomer = { org_id: orgs.KFA, number: "N1", login: "xinren", name: "新示例" };
	for (const who of [system, auditor]) assert.equal((await who.post("/staff", newcomer)).status, 403);
	for (const who of [system, auditor, clerkA]) assert.equal((await who.post(`/staff/${staff["rexian-a"]}/grants`, { role: "company", org_id: orgs.GSA })).status, 403);
	assert.equal((await clerkA.get("/audit")).status, 403);
});

test("two of the three powers never come together in one person, and nobody widens his own rights", async () => {
	for (const role of ["auditor", "sysadmin"]) {
		const answer = await security.post(`/staff/${security.me.id}/grants`, { role, org_id: orgs.ROOT });
		assert.ok([403, 409, 422].includes(answer.status), answer.text);
		const other = await security.post(`/staff/${auditor.me.id}/grants`, { role: role === "auditor" ? "secadmin" : "sysadmin", org_id: orgs.ROOT });
		assert.ok([403, 409, 422].includes(other.status), other.text);
	}
	const roles = (await auditor.get("/me")).body.roles.map((role) => role.role ?? role.code);
	assert.equal(roles.length, 1);
});

test("personal fields are masked in the record, the list, the page, the search and the export, and in full nowhere", async () => {
	const full = "19900000001";
	assert.match(householdA.phone, /\*/);
	for (const [path, query] of [["/households", { number: "A0001" }], [`/households/${householdA.id}`], [`/households/${householdA.id}/page`], [`/persons/${householdA.person_id}`], [`/persons/${householdA.person_id}/contacts`], ["/search", { q: "A0001" }], ["/intake/caller", { phone: full }]]) {
		const answer = await clerkA.get(path, query);
		assert.equal(answer.status, 200, `${path} ${answer.text}`);
		assert.ok(!answer.text.includes(full), `${path} shows the whole number`);
	}
	const file = await archiveA.post("/households/export", { format: "csv", reason: "月度核对户档" });
	assert.ok(!file.text.includes(full));
	const filed = await clerkA.must("POST", "/repairs", order({ caller_phone: full }));
	for (const path of ["/repairs", `/repairs/${filed.id}`]) assert.ok(!(await clerkA.get(path)).text.includes(full), path);
});

test("seeing in full takes a reason and leaves a row in the audit trail that says who, what and why", async () => {
	const path = `/households/${householdA.id}/unmask`;
	for (const body of [{}, { reason: "" }, { reason: "看" }]) assert.equal((await clerkA.post(path, body)).status, 422);
	const rows = "SELECT count(*) FROM audit WHERE action = 'household.unmask'";
	const before = Number(ask(place, rows));
	const shown = await clerkA.post(path, { reason: "回拨确认上门时间" });
	assert.equal(shown.status, 200, shown.text);
	assert.equal(shown.body.phone, "19900000001");
	assert.equal(Number(ask(place, rows)), before + 1);
	const found = (await auditor.get("/audit", { action: "household.unmask", subject_id: householdA.id })).body.items[0];
	assert.equal(found.reason, "回拨确认上门时间");
	assert.equal(found.actor_id, clerkA.me.id);
	assert.equal((await auditor.get("/audit/verify")).body.good, true);
	beyond(await (await person("kuguan-a")).post(path, { reason: "没有这个权限" }));
});

test("a key does what its scopes say, where they say, until it is revoked", async () => {
	const made = await security.post("/keys", { name: "市级平台对接", org_id: orgs.GSA, scopes: "repair.view" });
	assert.equal(made.status, 201, made.text);
	const platform = new Person(server, { Authorization: `Bearer ${made.body.key}` });
	const seen = await platform.all("/repairs");
	assert.ok(seen.some((row) => row.id === orderA.id));
	assert.ok(seen.every((row) => row.company_id === orgs.GSA));
	assert.equal((await platform.post("/repairs", order({ org_id: orgs.KFA }))).status, 403);
	assert.equal((await platform.get("/households")).status, 403);
	assert.equal((await platform.get("/audit")).status, 403);
	assert.ok(!(await security.get("/keys")).text.includes(made.body.key));
	await security.must("DELETE", `/keys/${made.body.id}`);
	assert.equal((await platform.get("/repairs")).status, 401);
	const nonsense = new Person(server, { Authorization: "Bearer qifu_nonsense" });
	assert.equal((await nonsense.get("/repairs")).status, 401);
});

test("a wrong password locks after five, for the right password too, and the lock is lifted by the security administrator", async () => {
	const attempt = (password) => send(server, "POST", "/session", { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: "jingli-b", password }) });
	for (let i = 0; i < 5; i++) assert.ok([401, 429].includes((await attempt("Cuowu-Kouling-1")).status));
	const locked = await attempt("Shifan-Kouling-7315");
	assert.notEqual(locked.status, 200, "a locked account let somebody in");
	assert.ok(!locked.headers["set-cookie"]);
	await security.must("POST", `/staff/${staff["jingli-b"]}/unlock`);
	assert.equal((await attempt("Shifan-Kouling-7315")).status, 200);
});

test("an ended session opens nothing more", async () => {
	const guest = await person("huifang-a");
	assert.equal((await guest.get("/me")).status, 200);
	assert.ok((await guest.delete("/session")).status < 300);
	assert.equal((await guest.get("/me")).status, 401);
});
