// Bad input, bad files, bad connections: a clear answer, a steady server, and nothing half done.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { ask, assertSteady, directory, health, order, raw, send, sleep, test, until, world } from "./kit.mjs";

const { server, place, orgs, person } = await world();
const clerk = await person("rexian-a");
const archive = await person("dangan-a");
const json = { "Content-Type": "application/json" };

const orders = () => ask(place, "SELECT count(*) FROM repair");
const traces = () => ask(place, "SELECT (SELECT count(*) FROM repair) || ' ' || (SELECT count(*) FROM timeline) || ' ' || (SELECT count(*) FROM promise) || ' ' || (SELECT count(*) FROM outbox) || ' ' || (SELECT count(*) FROM evidence) || ' ' || (SELECT count(*) FROM idempotency)");

/** A test of nothing but refusals: none may leave a trace in the books. */
function testOfRefusals(name, run) {
	test(name, async () => {
		const before = traces();
		await run();
		assert.equal(traces(), before, "something was left behind");
	});
}

/** What must be refused with one of `statuses`, in Chinese. */
async function refused(statuses, ask_for, field) {
	const answer = await ask_for();
	assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.text.slice(0, 500)}`);
	assert.match(answer.headers["content-type"], /^application\/problem\+json/);
	assert.match(answer.body.detail, /[一-鿿]/);
	assert.ok(!/SELECT|sqlite|postgres|\.c:|\/home|\/tmp/i.test(answer.text), answer.text);
	if (field) assert.ok(answer.body.errors?.some((one) => one.field === field), `${field} is not named: ${answer.text.slice(0, 500)}`);
	await assertSteady(server);
	return answer;
}
const post = (body) => clerk.post("/repairs", body, json);
const withMember = (name, value) => post(JSON.stringify({ ...order(), [name]: value }));

// ---- JSON ------------------------------------------------------------------------------------------------------------

testOfRefusals("what is not JSON is refused with 400", async () => {
	for (const body of ["{", '{"kind":', "[", "nonsense", '{"kind":"no_gas",}', "{'kind':'no_gas'}", '{"a":01}', '{"a":1e999999}', '{"a":NaN}', '{"kind":"no_gas"} {}', '\uFEFF{"kind":"no_gas"'])
		await refused([400, 422], () => post(body));
});

testOfRefusals("JSON of another shape than a record is refused", async () => {
	for (const body of ["[]", "null", "17", '"text"', "true", "[{}]"]) await refused([400, 422], () => post(body));
});

testOfRefusals("very deep JSON is refused", async () => {
	await refused([400, 422], () => post("[".repeat(100000)));
	await refused([400, 422], () => post('{"a":'.repeat(5000) + "1" + "}".repeat(5000)));
	await refused([400, 422], () => withMember("description", JSON.parse("[".repeat(500) + "]".repeat(500))));
});

testOfRefusals("a body beyond the limit is refused with 413, a huge one before it has been sent", async () => {
	await refused([413], () => withMember("description", "x".repeat(1024 * 1024)));
	const before = orders();
	const head = (length) => `POST /api/v1/repairs HTTP/1.1\r\nHost: x\r\nCookie: ${clerk.headers.Cookie}\r\nX-CSRF-Token: ${clerk.headers["X-CSRF-Token"]}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
	const answer = await raw(server, head(4000000000));
	assert.match(answer, /^HTTP\/1\.1 413 /);
	assert.match(Buffer.from(answer, "latin1").toString(), /最多 1024 KB/);
	assert.equal(orders(), before);
	await assertSteady(server);
});

testOfRefusals("a member given twice is refused", async () => {
	await refused([400, 422], () => post('{"kind":"no_gas","kind":"leak","address":"松涛小区","caller_phone":"19900000102"}'));
});

testOfRefusals("an unknown member is refused by its name", async () => {
	await refused([422], () => withMember("colour", "red"), "colour");
	await refused([422], () => withMember("__proto__x", 1), "__proto__x");
});

testOfRefusals("a member that only the server sets is refused by its name", async () => {
	for (const [name, value] of [["id", 1], ["number", "GSA-2026-000001"], ["status", "closed"], ["company_id", 1], ["filed_at", "2020-01-01T00:00:00+08:00"], ["version", 9]])
		await refused([422], () => withMember(name, value), name);
});

testOfRefusals("a wrong type is refused by the field's name", async () => {
	for (const [name, value] of [["address", 17], ["address", {}], ["address", ["x"]], ["description", true], ["household_id", "17"], ["household_id", 1.5], ["household_id", {}], ["script_read", "yes"], ["script_read", 1], ["level", 1], ["door", "fax"], ["appointment_from", 1790000000000]])
		await refused([422], () => withMember(name, value), name);
});

testOfRefusals("all wrong fields are named at once", async () => {
	const answer = await refused([422], () => post(JSON.stringify(order({ address: 1, door: "fax", caller_phone: "12" }))));
	const named = answer.body.errors.map((one) => one.field);
	for (const field of ["address", "door", "caller_phone"]) assert.ok(named.includes(field), named.join());
});

// ---- texts -----------------------------------------------------------------------------------------------------------

test("characters of four bytes, joined emoji and combining marks are stored and given back as they were", async () => {
	const text = "𠮷田家👨‍👩‍👧‍👦闻到🔥味é é ﷽ \u202Eabc\u202C ‮完";
	const made = await clerk.must("POST", "/repairs", order({ description: text, caller_name: "𠮷示例" }));
	assert.equal((await clerk.get(`/repairs/${made.id}`)).body.description, text);
	assert.equal((await clerk.must("POST", `/repairs/${made.id}/unmask`, { reason: "核对来电人姓名" })).caller_name, "𠮷示例");
	assert.ok((await clerk.all("/repairs")).some((row) => row.description === text));
});

test("a text's length is counted in characters, not in bytes", async () => {
	const made = await clerk.must("POST", "/repairs", order({ description: "𠮷".repeat(2000) }));
	assert.equal([...(await clerk.get(`/repairs/${made.id}`)).body.description].length, 2000);
	await refused([422], () => withMember("description", "𠮷".repeat(2001)), "description");
});

testOfRefusals("a text of 100 KB is refused with 422 by the field's name", async () => {
	for (const name of ["description", "address", "caller_name"]) await refused([422], () => withMember(name, "长".repeat(34000)), name);
});

testOfRefusals("NUL and control characters in a text are refused", async () => {
	await refused([400, 422], () => post('{"kind":"no_gas","address":"松涛\\u0000小区","caller_phone":"19900000102"}'));
	await refused([400, 422], () => post(Buffer.concat([Buffer.from('{"kind":"no_gas","address":"a'), Buffer.from([0]), Buffer.from('b","caller_phone":"19900000102"}')])));
});

testOfRefusals("bytes that are not UTF-8 are refused", async () => {
	const around = (bytes) => Buffer.concat([Buffer.from('{"kind":"no_gas","caller_phone":"19900000102","address":"'), Buffer.from(bytes), Buffer.from('"}')]);
	for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe6, 0x9d], [0xb0, 0xa1, 0xb0]])
		await refused([400, 422], () => post(around(bytes)));
	await refused([400, 422], () => post('{"kind":"no_gas","caller_phone":"19900000102","address":"\\ud842"}'));
});

// ---- numbers and times -------------------------------------------------------------------------------------------------

testOfRefusals("negative, huge and broken numbers are refused by the field's name", async () => {
	for (const value of [-1, 9007199254740993, 1e300]) await refused([422, 400], () => withMember("household_id", value));
	await refused([400, 422], () => post('{"kind":"no_gas","address":"松涛","caller_phone":"19900000102","household_id":99999999999999999999999}'));
	await refused([422], () => withMember("longitude_e6", 180000001), "longitude_e6");
	for (const limit of ["-1", "0", "1000000000000", "1e3", "abc", "9223372036854775808"]) await refused([422, 400], () => clerk.get("/repairs", { limit }));
	for (const path of ["/repairs/0", "/repairs/-1", "/repairs/9223372036854775808", "/repairs/1e3", "/repairs/abc", "/repairs/%00"]) await refused([400, 404, 422], () => clerk.get(path));
});

test("days and instants that do not exist, or have no zone, are refused by the field's name", async () => {
	for (const at of ["2026-02-29T10:00:00+08:00", "2026-13-01T10:00:00+08:00", "2026-04-31T10:00:00+08:00", "2026-10-01T24:30:00+08:00", "2026-10-01T10:61:00+08:00", "2026-10-01T10:00:00", "2026-10-01 10:00", "2026-10-01T10:00:00+25:00", "2026-10-01", "明天", "", "0000-00-00T00:00:00Z"])
		await refused([422], () => post(JSON.stringify(order({ appointment_from: at, appointment_to: "2026-10-01T12:00:00+08:00" }))), "appointment_from");
	const [row] = (await archive.get("/households", { number: "A0005" })).body.items;
	for (const day of ["2026-02-29", "2025-06-31", "20250601", "2025-6-1", "2025-06-01T00:00:00Z"]) {
		const answer = await refused([422], () => archive.put(`/households/${row.id}`, { opened_on: day }, row.version), "opened_on");
		assert.ok(answer);
	}
	assert.equal((await archive.put(`/households/${row.id}`, { opened_on: "2024-02-29" }, row.version)).status, 200);
});

test("another zone's instant is the same instant", async () => {
	const made = await clerk.must("POST", "/repairs", order({ appointment_from: "2026-09-03T01:00:00Z", appointment_to: "2026-09-02T23:00:00-04:00" }));
	assert.equal(Date.parse(made.appointment_from), Date.parse("2026-09-03T09:00:00+08:00"));
	assert.equal(Date.parse(made.appointment_to), Date.parse("2026-09-03T11:00:00+08:00"));
	assert.match(made.appointment_from, /\+08:00$/);
});

// ---- addresses ---------------------------------------------------------------------------------------------------------

test("tricks with the path open no file and no route", async () => {
	for (const path of ["/../../../../etc/passwd", "/assets/../../../../etc/passwd", "/assets/..%2f..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cetc/passwd", "/assets/....//....//etc/passwd", "//etc/passwd", "/api/v1/../v1/repairs", "/api/v1/repairs/%2e%2e/audit", "/api/v1/evidence/1/image/../../../../qifu.db", "/qifu.db", "/%00", "/api/v1/repairs%00", "/%c0%ae%c0%ae/etc/passwd"]) {
		const answer = await raw(server, `GET ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${clerk.headers.Cookie}\r\nConnection: close\r\n\r\n`);
		assert.match(answer, /^HTTP\/1\.1 (400|404|200|30\d) /, `${path}: ${answer.slice(0, 100)}`);
		assert.ok(!/root:|SQLite format/.test(answer), path);
	}
	await assertSteady(server);
});

// ---- files -------------------------------------------------------------------------------------------------------------

function png(width, height, pixels = Buffer.alloc(0)) {
	const crcTable = Array.from({ length: 256 }, (_, n) => {
		for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
		return n >>> 0;
	});
	const crc = (bytes) => (bytes.reduce((c, byte) => crcTable[(c ^ byte) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
	const chunk = (type, data) => {
		const length = Buffer.alloc(4);
		length.writeUInt32BE(data.length);
		const body = Buffer.concat([Buffer.from(type), data]);
		const sum = Buffer.alloc(4);
		sum.writeUInt32BE(crc(body));
		return Buffer.concat([length, body, sum]);
	};
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([8, 2, 0, 0, 0], 8);
	return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", header), chunk("IDAT", deflateSync(pixels)), chunk("IEND", Buffer.alloc(0))]);
}
const picture = png(2, 2, Buffer.from([0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255, 9, 9, 9]));

const { id: subject } = await clerk.must("POST", "/repairs", order());
const evidence = (bytes, type, name = "照片.jpg") =>
	clerk.post(`/evidence?module=repair&subject_id=${subject}&kind=document&name=${encodeURIComponent(name)}`, bytes, { "Content-Type": type });
const pieces = () => Number(ask(place, "SELECT count(*) FROM evidence"));

testOfRefusals("what is no picture is no evidence, whatever it calls itself: SVG, HTML, scripts, archives, cut and empty files", async () => {
	const before = pieces();
	const files = [
		['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "image/svg+xml"],
		['<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/jpeg"],
		["<html><script>alert(1)</script></html>", "image/png"],
		["GIF89a/*<script>*/=alert(1)//", "image/gif"],
		["#!/bin/sh\nrm -rf /\n", "image/jpeg"],
		["PK\x03\x04nonsense", "image/png"],
		[Buffer.from([0x4d, 0x5a, 0x90, 0]), "image/jpeg"],
		[picture.subarray(0, 40), "image/png"],
		[Buffer.from([0xff, 0xd8, 0xff, 0xe0]), "image/jpeg"],
		["", "image/jpeg"],
	];
	for (const [bytes, type] of files) await refused([400, 413, 415, 422], () => evidence(Buffer.from(bytes, "latin1"), type));
	assert.equal(pieces(), before);
});

testOfRefusals("a picture that claims a monstrous size is refused without being unpacked", async () => {
	for (const [width, height] of [[65000, 65000], [2147483647, 1], [0, 0], [30000, 30000]])
		await refused([400, 413, 415, 422], () => evidence(png(width, height, Buffer.alloc(1000)), "image/png"));
});

test("a picture with a page hidden behind it is shown encoded anew, and its original only as a download", async () => {
	const page = Buffer.from("<html><script>alert(1)</script></html>");
	const added = await evidence(Buffer.concat([picture, page]), "text/html", "页面.html");
	if (added.status !== 201) return assert.ok([415, 422].includes(added.status), added.text);
	const shown = await clerk.get(`/evidence/${added.body.id}/image`);
	assert.equal(shown.headers["content-type"], "image/jpeg");
	assert.ok(!shown.bytes.includes("script"));
	const original = await clerk.get(`/evidence/${added.body.id}/original`);
	assert.match(original.headers["content-disposition"], /^attachment/);
	assert.equal(original.headers["x-content-type-options"], "nosniff");
	assert.match(original.headers["content-security-policy"], /sandbox/);
	assert.equal(original.headers["content-type"], "image/png");
});

test("a file's name is told as it was, and never a path", async () => {
	const before = existsSync("/tmp/qifu-owned");
	for (const name of ["../../../../tmp/qifu-owned", "..\\..\\x.jpg", "/tmp/qifu-owned", "CON", "a\u0000b.jpg", "长".repeat(255), "a/b/c.jpg", "%2e%2e%2fx"]) {
		const answer = await evidence(picture, "image/png", name);
		assert.ok([200, 201, 400, 422].includes(answer.status), `${name}: ${answer.text}`);
	}
	assert.equal((await evidence(picture, "image/png", "长".repeat(256))).status, 422);
	assert.equal(existsSync("/tmp/qifu-owned"), before);
	const names = readdirSync(place.data, { recursive: true }).map(String);
	assert.ok(!names.some((name) => /owned|CON|x\.jpg|\.html/.test(name)), names.join("\n"));
	await assertSteady(server);
});

test("a bomb, a fake and a foreign file are no import, and leave no import behind", async () => {
	const folder = directory();
	writeFileSync(join(folder, "make.py"), `
import zipfile, sys
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>')
    z.writestr("_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>')
    z.writestr("xl/workbook.xml", '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>')
    z.writestr("xl/_rels/workbook.xml.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
    with z.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as f:
        f.write(b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>')
        block = b"A" * (1 << 20)
        for _ in range(300): f.write(block)
        f.write(b"</t></is></c></row></sheetData></worksheet>")
`);
	execFileSync("python3", [join(folder, "make.py"), join(folder, "bomb.xlsx")]);
	const { readFileSync } = await import("node:fs");
	const imports = () => ask(place, "SELECT count(*) FROM import");
	const before = imports();
	const upload = (bytes) => archive.post(`/imports?org_id=${orgs.KFA}&file_name=x.xlsx`, bytes, { "Content-Type": "application/octet-stream" });
	for (const bytes of [readFileSync(join(folder, "bomb.xlsx")), Buffer.from("PK\x03\x04broken"), Buffer.from(""), Buffer.from([0, 1, 2, 3, 0xff, 0xfe, 0x00])])
		await refused([400, 413, 415, 422], () => upload(bytes));
	const entities = Buffer.from('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>');
	const odd = await upload(entities);
	assert.ok(odd.status < 500, odd.text);
	assert.ok(Number(imports()) - Number(before) <= 1);
	await assertSteady(server);
	await until("uploads are cleared away", 3000, () => {
		const folder_of_uploads = join(place.data, "uploads");
		return !existsSync(folder_of_uploads) || readdirSync(folder_of_uploads).length === 0;
	});
});

// ---- connections -------------------------------------------------------------------------------------------------------

testOfRefusals("floods of headers are refused and the connection is closed", async () => {
	const many = Array.from({ length: 5000 }, (_, i) => `X-${i}: y\r\n`).join("");
	const long = `X-Long: ${"y".repeat(200000)}\r\n`;
	const cookie = `Cookie: ${"a=b; ".repeat(20000)}\r\n`;
	for (const flood of [many, long, cookie]) {
		const answer = await raw(server, `GET /api/v1/me HTTP/1.1\r\nHost: x\r\n${flood}\r\n`);
		assert.ok(answer === "" || /^HTTP\/1\.[01] 4\d\d /.test(answer), answer.slice(0, 200));
		await assertSteady(server);
	}
	const address = await raw(server, `GET /api/v1/me?${"x".repeat(100000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
	assert.ok(address === "" || /^HTTP\/1\.[01] 4\d\d /.test(address), address.slice(0, 200));
});

testOfRefusals("what smugglers send is refused: two lengths, length and chunks, two hosts, broken names and versions", async () => {
	const body = '{"user":"x","password":"y"}';
	for (const head of [
		`Host: x\r\nContent-Length: ${body.length}\r\nContent-Length: 3`,
		`Host: x\r\nContent-Length: ${body.length}\r\nTransfer-Encoding: chunked`,
		`Host: x\r\nTransfer-Encoding: chunked, identity`,
		`Host: x\r\nHost: y\r\nContent-Length: ${body.length}`,
		`Host: x\r\nContent-Length: -5`,
		`Host: x\r\nContent-Length: 99999999999999999999`,
		`Host: x\r\nContent Length: 5\r\nContent-Length: ${body.length}`,
		`Content-Length: ${body.length}`,
	]) {
		const answer = await raw(server, `POST /api/v1/session HTTP/1.1\r\n${head}\r\nContent-Type: application/json\r\n\r\n${body}`);
		assert.ok(answer === "" || /^HTTP\/1\.[01] 4\d\d /.test(answer), `${head}: ${answer.slice(0, 200)}`);
		assert.ok(!/Set-Cookie/i.test(answer));
	}
	await assertSteady(server);
});

test("garbage behind a good request gets no second good answer, and the server stays steady", async () => {
	const good = `GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`;
	for (const garbage of ["\x00\x01\x02\x03\xff".repeat(1000), "NONSENSE\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\r\n".repeat(5000), "GET /healthz HTTP/1.1\nHost x\n\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"]) {
		const answer = await raw(server, Buffer.from(good + garbage, "latin1"), { close: true });
		assert.match(answer, /^HTTP\/1\.1 200 /);
		assert.equal(answer.match(/HTTP\/1\.[01] 200 /g).length, 1, `${JSON.stringify(garbage.slice(0, 20))}: ${answer.slice(0, 400)}`);
		await assertSteady(server);
	}
	const pipelined = await raw(server, good.repeat(20), { close: true });
	assert.equal(pipelined.match(/HTTP\/1\.1 200 /g).length, 20);
});

test("twenty clients that send a byte now and then keep nobody else waiting", async () => {
	const slow = Array.from({ length: 20 }, (_, i) => {
		const socket = net.connect(server.port, "127.0.0.1");
		socket.on("error", () => {});
		const text = i % 2 ? `POST /api/v1/repairs HTTP/1.1\r\nHost: x\r\nCookie: ${clerk.headers.Cookie}\r\nX-CSRF-Token: ${clerk.headers["X-CSRF-Token"]}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"kind":` : "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
		let at = 0;
		const timer = setInterval(() => socket.writable && socket.write(text[at++] ?? "x"), 40);
		return { socket, timer };
	});
	await sleep(500);
	const before = Number(orders());
	for (let i = 0; i < 20; i++) await clerk.must("POST", "/repairs", order({ description: "旁边有慢的" }));
	for (let i = 0; i < 5; i++) await assertSteady(server);
	assert.equal(Number(orders()), before + 20);
	for (const { socket, timer } of slow) {
		clearInterval(timer);
		socket.destroy();
	}
	await sleep(200);
	assert.equal(Number(orders()), before + 20);
	await assertSteady(server);
});

test("clients that break off in the middle of a body leave nothing behind", async () => {
	const before = traces();
	const head = `POST /api/v1/repairs HTTP/1.1\r\nHost: x\r\nCookie: ${clerk.headers.Cookie}\r\nX-CSRF-Token: ${clerk.headers["X-CSRF-Token"]}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n`;
	await Promise.all(Array.from({ length: 50 }, () => raw(server, head + JSON.stringify(order()).slice(0, 60), { ms: 100 })));
	assert.equal(traces(), before);
	await assertSteady(server);
});

testOfRefusals("a wrong kind of content, method or address is told as such", async () => {
	assert.ok([400, 415].includes((await clerk.post("/repairs", JSON.stringify(order()), { "Content-Type": "text/plain" })).status));
	const wrong = await clerk.send("PATCH", "/repairs");
	assert.equal(wrong.status, 405);
	assert.match(wrong.headers.allow, /GET/);
	assert.equal((await clerk.get("/nothing")).status, 404);
	assert.equal((await clerk.get("/repairs", { colour: "red" })).status, 422);
	assert.equal((await clerk.get("/repairs", { after: "nonsense" })).status, 422);
	assert.equal((await clerk.get("/repairs", { sort: "id; DROP TABLE repair" })).status, 422);
	assert.equal((await send(server, "POST", "/session", { headers: json, body: '{"user":{"$ne":""},"password":{"$ne":""}}' })).status, 422);
});

test("after all of this the server answers and its books are right", async () => {
	assert.equal((await health(server)).status, 200);
	assert.equal((await (await person("shenji")).get("/audit/verify")).body.good, true);
	assert.ok(!/"level":"fatal"|AddressSanitizer|runtime error/.test(server.log()), server.log().slice(-2000));
	assert.ok(!/"status":"500"/.test(server.log()), server.log().split("\n").filter((line) => line.includes('"500"')).slice(0, 5).join("\n"));
});
