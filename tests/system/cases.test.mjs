// tests/CASES.md names tests: they must exist.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository, test } from "./kit.mjs";

test("every test that the list of cases names exists", () => {
	const page = readFileSync(join(repository, "tests/CASES.md"), "utf8");
	const files = execFileSync("find", ["src", "tests", "-name", "node_modules", "-prune", "-o", "(", "-name", "*_test.c", "-o", "-name", "*.test.mjs", ")", "-print"], { cwd: repository, encoding: "utf8" });
	const sources = files.trim().split("\n").map((file) => readFileSync(join(repository, file), "utf8"));
	const inC = sources.join("\n");
	const named = [...page.matchAll(/^\|.*\| (.*) \|$/gm)].map((match) => match[1]).filter((cell) => cell !== "Tests");
	assert.ok(named.length > 30);
	for (const cell of named) {
		const names = [...cell.matchAll(/`([a-z0-9_]+)`/g)].map((match) => `${match[1]}(void **state)`);
		names.push(...[...cell.matchAll(/"([^"]+)"/g)].map((match) => `("${match[1]}"`));
		assert.ok(names.length > 0, cell);
		for (const name of names) assert.ok(inC.includes(name), `no test is named ${name}`);
	}
});
