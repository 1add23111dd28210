// tools/count.mjs meson|vitest|last FILE: prints "PASSED FAILED SKIPPED" of one runner's report.
import { existsSync, readFileSync } from "node:fs";

const [kind, file] = process.argv.slice(2);
const text = existsSync(file) ? readFileSync(file, "utf8") : "";
let passed = 0;
let failed = 0;
let skipped = 0;

const lines = (output, pattern) => output.match(new RegExp(pattern, "gm")) ?? [];

// One test program of cmocka: whatever began and neither ended well nor was skipped has failed, a crash included.
function program(record) {
	const output = `${record.stdout ?? ""}\n${record.stderr ?? ""}`;
	const ran = lines(output, "^\\[ RUN {6}\\] ").length;
	const ok = lines(output, "^\\[ {7}OK \\] ").length;
	const passedOver = new Set(lines(output, "^\\[  SKIPPED \\] (?!\\d+ test).*$")).size;
	const bad = Math.max(0, ran - ok - passedOver);
	passed += ok;
	skipped += passedOver;
	failed += bad;
	if (bad > 0 || record.result !== "OK" || ran === 0) {
		if (bad === 0) failed += 1; // it ended badly outside its tests, or tested nothing
		const names = lines(output, "^\\[  FAILED  \\] (?!\\d+ test).*$").map((line) => line.slice(13));
		console.error(`  ${record.name}: ${record.result} ${[...new Set(names)].join(", ")}`);
	}
}

if (kind === "meson") {
	for (const line of text.split("\n")) if (line) program(JSON.parse(line));
} else if (kind === "vitest" && text) {
	const report = JSON.parse(text);
	passed = report.numPassedTests;
	skipped = report.numPendingTests + (report.numTodoTests ?? 0);
	failed = report.numFailedTests || (report.success ? 0 : 1);
} else if (kind === "last") {
	const sums = [...text.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/gm)];
	const last = sums[sums.length - 1];
	if (last) [passed, failed, skipped] = [Number(last[1]), Number(last[2]), Number(last[3] ?? 0)];
}
console.log(`${passed} ${failed} ${skipped}`);
