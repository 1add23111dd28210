// The examples of docs/API.md, taken out of the page and run as they stand. "# → TEXT" says what a block must print.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { demo, directory, repository, test } from "./kit.mjs";

const page = readFileSync(join(repository, "docs/API.md"), "utf8");
const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
const { server, logins } = await demo();

/** All blocks in one shell, so that a later one knows what an earlier one learnt. The output of each. */
function runAll() {
	const mark = "=== block ";
	const script = blocks.map((block, i) => `echo; echo "${mark}${i}"\n${block}`).join("\n");
	return new Promise((resolve) => {
		const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
			cwd: directory(),
			env: { PATH: process.env.PATH, LANG: "C.UTF-8", BASE: server.base, PASSWORD: logins.hotline.password },
			stdio: ["ignore", "pipe", "pipe"],
		});
		let text = "";
		child.stdout.on("data", (chunk) => (text += chunk));
		child.stderr.on("data", (chunk) => (text += chunk));
		child.on("close", (status) => resolve({ status, outputs: text.split(`\n${mark}`).slice(1), text }));
	});
}

test("the demo prints a login for each of the twenty roles, and says when it is ready", async () => {
	const roles = "hotline counter cashier dispatcher technician inspector reader complaints revisit archive store finance centre company region group training sysadmin secadmin auditor";
	assert.deepEqual(Object.keys(logins).sort(), roles.split(" ").sort());
	assert.ok(server.lines.includes(`ready ${server.base}`));
});

test("every example of the API page runs and prints what the page says", async () => {
	assert.ok(blocks.length >= 15);
	const { status, outputs, text } = await runAll();
	assert.equal(status, 0, text.slice(-3000));
	assert.equal(outputs.length, blocks.length);
	blocks.forEach((block, i) => {
		for (const [, wanted] of block.matchAll(/^# → (.*)$/gm))
			assert.ok(outputs[i].includes(wanted), `block ${i + 1} does not print ${wanted}:\n${block}\n${outputs[i].slice(0, 2000)}`);
	});
});
