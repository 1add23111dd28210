// tools/embed.mjs ROOT WEB_DIST OUT.c OUT.S OUT.blob OUT.d: puts files into the program (src/platform/embedded.h).
//
// One blob holds all bytes, each entry followed by a NUL; the assembler takes it in whole, which is quick at any size.
// The depfile names every file and every directory looked at, so that a changed, a new and a removed file all embed again.
// Compressed forms are kept in ROOT/build/embed-cache by digest, since brotli at its best is slow.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [root, webDist, outC, outS, outBlob, outDepfile] = process.argv.slice(2);
const cache = join(root, "build", "embed-cache");
const looked = new Set();

function walk(directory, take) {
	if (!existsSync(directory)) return [];
	looked.add(directory);
	const found = [];
	for (const entry of readdirSync(directory, { withFileTypes: true })) {
		if (entry.name.startsWith(".")) continue;
		const path = join(directory, entry.name);
		if (entry.isDirectory()) found.push(...walk(path, take));
		else if (entry.isFile() && take(entry.name)) found.push(path);
	}
	return found;
}

function cached(digest, kind, make) {
	const path = join(cache, `${digest}.${kind}`);
	if (existsSync(path)) return readFileSync(path);
	const bytes = make();
	mkdirSync(cache, { recursive: true });
	writeFileSync(`${path}.${process.pid}`, bytes);
	renameSync(`${path}.${process.pid}`, path);
	return bytes;
}

function gather() {
	const entries = new Map();
	const put = (path, file) => {
		if (entries.has(path)) throw new Error(`${path} twice: ${entries.get(path)} and ${file}`);
		entries.set(path, file);
	};
	const rulebook = join(root, "rulebook");
	for (const file of walk(rulebook, () => true)) put(`rulebook/${relative(rulebook, file).split(sep).join("/")}`, file);
	for (const file of walk(join(root, "src"), (name) => name.endsWith(".sql"))) put(`sql/${basename(file)}`, file);
	const dist = resolve(root, webDist);
	for (const file of walk(dist, (name) => !name.endsWith(".map"))) put(`web/${relative(dist, file).split(sep).join("/")}`, file);
	looked.add(existsSync(join(root, "web")) ? join(root, "web") : root);
	const byBytes = (a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0]));
	return [...entries].sort(byBytes);
}

const parts = [];
let offset = 0;
function place(bytes) {
	const at = offset;
	parts.push(bytes, Buffer.alloc(1));
	offset += bytes.length + 1;
	return `embedded_bytes + ${at}, ${bytes.length}`;
}

const cText = (text) => `"${text.replace(/[\\"]/g, "\\$&").replace(/[^\x20-\x7e]/gu, (c) =>
	[...Buffer.from(c)].map((b) => `\\${b.toString(8).padStart(3, "0")}`).join(""))}"`;

const rows = gather().map(([path, file]) => {
	looked.add(file);
	const bytes = readFileSync(file);
	const digest = createHash("sha256").update(bytes).digest("hex");
	let gzip = null;
	let brotli = null;
	if (path.startsWith("web/") && bytes.length > 256) {
		gzip = cached(digest, "gz", () => gzipSync(bytes, { level: 9 }));
		const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
		brotli = cached(digest, "br", () => brotliCompressSync(bytes, best));
	}
	const smaller = (form) => (form && form.length < bytes.length ? place(form) : "NULL, 0");
	const plain = place(bytes);
	return `\t{ ${cText(path)}, ${plain}, ${smaller(gzip)}, ${smaller(brotli)}, "\\"${digest.slice(0, 32)}\\"" },\n`;
});

const blob = Buffer.concat(parts);
writeFileSync(outBlob, blob);
writeFileSync(
	outS,
	`/* made by tools/embed.mjs, digest ${createHash("sha256").update(blob).digest("hex")} */
	.section .rodata
	.globl embedded_bytes
	.balign 16
embedded_bytes:
	.incbin ${cText(resolve(outBlob))}
	.byte 0
	.section .note.GNU-stack,"",%progbits
`,
);
writeFileSync(
	outC,
	`/* made by tools/embed.mjs */
#include <string.h>

#include "platform/embedded.h"

extern const unsigned char embedded_bytes[];

static const struct embedded entries[] = {
${rows.join("")}	{ NULL, NULL, 0, NULL, 0, NULL, 0, NULL },
};
enum { ENTRIES = ${rows.length} };

const struct embedded *embedded_all(size_t *count)
{
	*count = ENTRIES;
	return entries;
}

const struct embedded *embedded_find(const char *path)
{
	size_t low = 0, high = ENTRIES;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, entries[middle].path);
		if (order == 0)
			return &entries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
`,
);
const escape = (path) => path.replace(/[ #]/g, "\\$&").replace(/\$/g, "$$$$");
writeFileSync(outDepfile, `${escape(outC)}: ${[...looked].map(escape).join(" ")}\n`);
