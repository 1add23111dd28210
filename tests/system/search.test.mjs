// The one box. The right hits are written down here, so that both databases must find the same.
import assert from "node:assert/strict";
import { join } from "node:path";
import { command, householdFile, order, test, world, NOON } from "./kit.mjs";

const { place, person } = await world();
const row = (number, name, phone, community, building, unit, room) =>
	[number, name, "", phone, community, building, unit, room, "居民", "3", `T${number}`, "G2.5", "0", "2020-05-01"];
const file = householdFile(join(place.data, "searched.csv"), [
	row("Z100%", "百分百示例", "19911110001", "百分%花园", "1", "1", "101"),
	row("Z1005", "百分五示例", "19911110002", "百分五花园", "1", "1", "101"),
	row("Z_200", "下划_线示例", "19911110003", "下划_线里", "2", "1", "201"),
	row("ZX200", "下划X线示例", "19911110004", "下划X线里", "2", "1", "201"),
	row("Z[30]", "方[括]号示例", "19911110005", "方[括]号苑", "3", "1", "301"),
	row("Z3", "方括号示例", "19911110006", "方括号苑", "3", "1", "301"),
	row("Z0400", "欧阳", "19911110007", "我家在上海东边", "4", "2", "402"),
	row("Z0401", "𠮷野示例", "19911110008", "𠮷祥里", "4", "2", "403"),
	row("Z0500", "固话示例", "0539-1234567", "电话弄", "5", "1", "501"),
	row("Z0501", "手机示例", "13900000000", "手机弄", "5", "1", "502"),
	row("Z0600", "O'Neil\\示例", "19911110009", "引号'\"弄", "6", "1", "601"),
]);
const imported = await command(place, ["import", "households", file, "--org", "KFA"], { clock: NOON });
if (!/created=11 .* failed=0/.test(imported.out)) throw new Error(imported.out + imported.err);
const clerk = await person("rexian-a");

const hits = async (q, limit = 50) => {
	const answer = await clerk.get("/search", { q, limit });
	assert.equal(answer.status, 200, `${q}: ${answer.text}`);
	return answer.body.hits.filter((hit) => hit.type === "household").map((hit) => hit.number);
};
const finds = async (q, numbers) => assert.deepEqual((await hits(q)).sort(), [...numbers].sort(), `search for ${q}`);

test("per cent, underscore, brackets, quotes and backslash are letters like others", async () => {
	await finds("百分%", ["Z100%"]);
	await finds("分%花", ["Z100%"]);
	await finds("下划_线", ["Z_200"]);
	await finds("划_", ["Z_200"]);
	await finds("方[括]", ["Z[30]"]);
	await finds("[括]", ["Z[30]"]);
	await finds("Z100%", ["Z100%"]);
	await finds("Z_200", ["Z_200"]);
	await finds("引号'", ["Z0600"]);
	for (const q of ["%", "_", "%%", "*", "Z%0", "百%园", "?", "'", "' OR '1'='1", "\\", "--"]) {
		const found = await hits(q);
		const literal = { "%": ["Z100%"], _: ["Z_200"], "'": ["Z0600"], "\\": ["Z0600"] }[q] ?? [];
		assert.ok(found.every((number) => literal.includes(number)), `${q} found ${found}`);
	}
});

test("names and addresses are found by one, two, three and more characters, at the beginning, middle and end", async () => {
	await finds("欧阳", ["Z0400"]);
	for (const q of ["上海", "我家在", "我家在上海东边", "上海东", "东边"]) await finds(q, ["Z0400"]);
	assert.ok((await hits("欧")).includes("Z0400"));
	await finds("电话弄", ["Z0500"]);
	await finds("机弄", ["Z0501"]);
	await finds("百分五示例", ["Z1005"]);
});

test("a character of four bytes is found like others", async () => {
	await finds("𠮷", ["Z0401"]);
	await finds("𠮷祥", ["Z0401"]);
	await finds("𠮷野", ["Z0401"]);
});

test("a phone is found in every writing", async () => {
	for (const q of ["0539-1234567", "(0539)1234567", "（０５３９）１２３４５６７", "05391234567", "0539 1234567", "+86 539 1234567", "0539/1234567", "0539-1234567转8001"]) await finds(q, ["Z0500"]);
	for (const q of ["13900000000", "139 0000 0000", "139-0000-0000", "+86 139 0000 0000", "+8613900000000", "008613900000000", "１３９００００００００"]) await finds(q, ["Z0501"]);
});

test("a phone is called in every writing, and an order takes it so", async () => {
	for (const phone of ["0539-1234567", "(0539)1234567", "+86 139 0000 0000", "１３９００００００００", "0539-1234567转8001"]) {
		const made = await clerk.post("/repairs", order({ caller_phone: phone }));
		assert.equal(made.status, 201, `${phone}: ${made.text}`);
		const caller = await clerk.get("/intake/caller", { phone });
		assert.equal(caller.status, 200, caller.text);
		assert.ok(caller.text.includes(made.body.number), `${phone}: ${caller.text.slice(0, 300)}`);
	}
	assert.equal((await clerk.post("/repairs", order({ caller_phone: "6.2145E+17" }))).status, 422);
});

test("the same question has the same answer in the same order", async () => {
	const first = await hits("松涛小区", 20);
	assert.equal(first.length, 20);
	for (let i = 0; i < 3; i++) assert.deepEqual(await hits("松涛小区", 20), first);
	assert.deepEqual(await hits("松涛小区", 10), first.slice(0, 10));
});

test("a household number is found by its beginning, an order by its number", async () => {
	await finds("A0007", ["A0007"]);
	await finds("A006", ["A0060"]);
	const made = await clerk.must("POST", "/repairs", order());
	const found = (await clerk.get("/search", { q: made.number })).body.hits;
	assert.deepEqual(found.filter((hit) => hit.type === "repair").map((hit) => hit.id), [made.id]);
});

test("nothing, blanks and very long texts are answered and find nothing", async () => {
	for (const q of ["   ", "查无此人查无此地", "x".repeat(3000), "𠮷".repeat(500)]) {
		const answer = await clerk.get("/search", { q });
		assert.ok([200, 400, 422].includes(answer.status), answer.text);
		if (answer.status === 200) assert.deepEqual(answer.body.hits, []);
	}
});

test("walking all pages of a list gives every row once, in one order, also where the sorted values are equal or missing", async () => {
	const made = await Promise.all(Array.from({ length: 24 }, () => clerk.must("POST", "/repairs", order({ description: "翻页" }))));
	for (const one of made.slice(0, 8)) await clerk.must("POST", `/repairs/${one.id}/steps`, { step: "cancel", reason: "重复报修" });
	for (const sort of ["number", "-number", "due_at", "-filed_at"]) {
		const path = "/repairs";
		const whole = await clerk.all(path, { sort, limit: 500 });
		const walked = [];
		for (let after = ""; ; ) {
			const { body } = await clerk.get(path, { sort, limit: 2, ...(after ? { after } : {}) });
			walked.push(...body.items);
			if (!(after = body.next)) break;
		}
		assert.deepEqual(walked.map((one) => one.id), whole.map((one) => one.id), sort);
		assert.equal(new Set(walked.map((one) => one.id)).size, walked.length);
	}
});
