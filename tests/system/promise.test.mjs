// What is owed by when, told by the running program: 22:30 on the eve of the long holiday.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PASSWORD, Person, command, order, repository, startServer, test, world } from "./kit.mjs";

const EVE = "2026-09-30T22:30:00+08:00";
const { server, place, orgs, person } = await world({ clock: EVE });
const hotline = await person("rexian-a");
const manager = await person("jingli-a");

const promisesOf = async (who, id) =>
	Object.fromEntries((await who.get("/promises", { module: "repair", subject_id: id })).body.items.map((one) => [one.code, one]));
const minutes = (from, to) => (Date.parse(to) - Date.parse(from)) / 60000;

test("a network fault filed at 22:30 on the eve of the holiday is handled by 04:30 and repaired by 22:30, to the minute", async () => {
	const made = await hotline.must("POST", "/repairs", order({ kind: "network_pressure" }));
	const owed = await promisesOf(hotline, made.id);
	assert.match(owed["network_fault.handle"].due_at, /^2026-10-01T04:3[0-2]:.*\+08:00$/);
	assert.match(owed["network_fault.repair"].due_at, /^2026-10-01T22:3[0-2]:.*\+08:00$/);
	assert.equal(minutes(made.filed_at, owed["network_fault.handle"].due_at), 360);
	assert.equal(minutes(made.filed_at, owed["network_fault.repair"].due_at), 1440);
	assert.equal(owed["network_fault.handle"].state, "running");
	assert.match(owed["network_fault.handle"].basis, /6小时/);
});

test("gas smelt at 22:30 is reached within 30 minutes, holiday or not", async () => {
	const made = await hotline.must("POST", "/repairs", order({ kind: "leak", script_read: true }));
	const owed = await promisesOf(hotline, made.id);
	assert.equal(minutes(made.filed_at, owed["leak.arrive"].due_at), 30);
	assert.equal(minutes(made.filed_at, owed["leak.dispatch"].due_at), 1);
});

test("a household's fault reported after 19:00 is visited by 12:00 the next day, and one with an appointment when agreed", async () => {
	const late = await promisesOf(hotline, (await hotline.must("POST", "/repairs", order())).id);
	assert.equal(late["indoor.arrive"].due_at.slice(0, 19), "2026-10-01T12:00:00");
	const agreed = { appointment_from: "2026-10-03T09:00:00+08:00", appointment_to: "2026-10-03T11:00:00+08:00" };
	const made = await promisesOf(hotline, (await hotline.must("POST", "/repairs", order({ ...agreed, address: "松涛小区9号楼" }))).id);
	assert.equal(made["customer_fault.appointment"].due_at.slice(0, 19), "2026-10-03T11:00:00");
	assert.equal(made["indoor.arrive"], undefined);
});

test("an order's next deadline stands in the list and sorts it", async () => {
	const rows = (await hotline.get("/repairs", { sort: "due_at", status: "filed" })).body.items;
	const dues = rows.map((row) => Date.parse(row.due_at));
	assert.ok(rows.length >= 3);
	assert.deepEqual(dues, [...dues].sort((a, b) => a - b));
});

test("five working days over both years' holidays and make-up days end on the days of the vectors", async () => {
	const lines = readFileSync(join(repository, "tests/vectors/working_days.csv"), "utf8").trim().split("\n").slice(1);
	assert.ok(lines.length >= 9);
	for (const line of lines) {
		const [received, five] = line.split(",");
		for (const code of ["complaint.reply", "query.reply"]) {
			const answer = await manager.get("/due", { code, from: `${received}T10:00:00+08:00` });
			assert.equal(answer.status, 200, answer.text);
			assert.equal(answer.body.due_at.slice(0, 10), five, `${code} from ${received}`);
		}
	}
});

test("the command line and the API tell the same deadline", async () => {
	const from = "2026-02-13T16:00:00+08:00";
	const told = (await manager.get("/due", { code: "complaint.reply", from })).body.due_at;
	const printed = await command(undefined, ["due", "complaint.reply", "--from", from]);
	assert.equal(printed.status, 0, printed.err);
	assert.equal(Date.parse(printed.out.trim()), Date.parse(told));
	assert.match(printed.out, /^2026-02-27T.*\+08:00\n$/);
});

test("an override shortens what is open, with its basis, and the order's timeline says old and new", async () => {
	const made = await hotline.must("POST", "/repairs", order({ kind: "regulator_fault", address: "松涛小区调压箱" }));
	const wish = { code: "network_fault.handle", org_id: orgs.GSA, amount: 4, basis: "示例公司公开承诺第一条", effective_from: "2026-09-30" };
	const set = await manager.post("/promise-rules", wish);
	assert.equal(set.status, 201, set.text);
	assert.ok(set.body.changed >= 1);
	const owed = await promisesOf(hotline, made.id);
	assert.equal(minutes(made.filed_at, owed["network_fault.handle"].due_at), 240);
	assert.equal(minutes(made.filed_at, owed["network_fault.repair"].due_at), 1440);
	const page = (await hotline.get(`/repairs/${made.id}`)).body;
	const told = page.timeline.map((entry) => entry.text).find((text) => text.includes("04:3") && text.includes("02:3"));
	assert.ok(told, JSON.stringify(page.timeline));
	const longer = await manager.post("/promise-rules", { ...wish, amount: 12 });
	assert.equal(longer.status, 422, "a company cannot give itself more time than the regulation");
});

test("the other company's clerk sees neither these promises nor may he change their rule", async () => {
	const made = await hotline.must("POST", "/repairs", order({ address: "松涛小区8号楼" }));
	const stranger = await person("rexian-b");
	assert.ok([403, 404].includes((await stranger.get("/promises", { module: "repair", subject_id: made.id })).status));
	const other = await person("jingli-b");
	const wish = { code: "network_fault.handle", org_id: orgs.GSA, amount: 1, basis: "示例依据", effective_from: "2026-10-01" };
	assert.ok([403, 404].includes((await other.post("/promise-rules", wish)).status));
});

test("where next year's calendar is missing there is an alarm and no date, and both end when it is imported", async () => {
	await server.stop();
	const later = await startServer(place, { clock: "2026-12-30T09:00:00+08:00" });
	const group = await new Person(later).login("jituan");
	await group.must("POST", "/me/password", { old: PASSWORD, new: "Huanguo-Kouling-4826" }); // 90 days are over
	await group.login("jituan", "Huanguo-Kouling-4826");
	const asked = { code: "complaint.reply", from: "2026-12-30T10:00:00+08:00" };
	const none = await group.get("/due", asked);
	assert.equal(none.status, 409, none.text);
	assert.equal(none.body.due_at, undefined);
	assert.match(none.body.detail, /2027/);
	assert.deepEqual((await group.get("/alarms")).body.map((alarm) => alarm.code), ["calendar.missing"]);
	assert.equal((await group.get("/me")).body.alarms, 1);
	const printed = await command(undefined, ["due", "complaint.reply", "--from", asked.from]);
	assert.deepEqual([printed.status, printed.out], [2, ""]);
	// Invented holidays: the notice for 2027 is not out. Counted by hand: 31 Dec; 4, 5, 6, 7 January.
	const csv = "year,name,off_from,off_to,makeup_workdays\n2027,元旦,2027-01-01,2027-01-03,\n";
	const set = await group.post("/calendars", { year: 2027, csv, basis: "示例通知" });
	assert.equal(set.status, 201, set.text);
	assert.deepEqual((await group.get("/alarms")).body, []);
	assert.equal((await group.get("/me")).body.alarms, 0);
	assert.equal((await group.get("/due", asked)).body.due_at.slice(0, 10), "2027-01-07");
});
