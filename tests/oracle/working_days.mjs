// Every day of 2025–2026: what `qifu due` says, and what the npm package chinese-days says. Two programs that know nothing of
// each other. Prints each difference, and ends in "N passed, N failed".
//   node tests/oracle/working_days.mjs [build/qifu]
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import chineseDays from 'chinese-days'

const root = join(dirname(new URL(import.meta.url).pathname), '..', '..')
const qifu = process.argv[2] ?? join(root, 'build', 'qifu')
const { isWorkday } = chineseDays.default ?? chineseDays
let passed = 0
let failed = 0
function check(name, got, expected) {
	if (got === expected) return passed++
	failed++
	console.log(`${name}: qifu says ${got}, expected ${expected}`)
}

const day = (n) => new Date(Date.UTC(2025, 0, 1 + n)).toISOString().slice(0, 10)
const days = []
for (let n = 0; day(n) < '2027-01-01'; n++) days.push(day(n))

/** The nth working day after `from` by chinese-days; null when it lies beyond 2026, whose notice is not published. */
function nth(from, n) {
	for (let i = days.indexOf(from) + 1; i < days.length; i++) {
		if (isWorkday(days[i]) && --n === 0) return days[i]
	}
	return null
}

const codes = { 'complaint.accept': 1, 'apply.resume': 2, 'apply.rename': 3, 'complaint.reply': 5, 'query.reply': 5,
	'suggestion.answer': 10, 'complaint.authority_reply': 15 }
const questions = []
for (const code of Object.keys(codes)) {
	for (const from of days) questions.push({ code, from, at: `${from}T${from.endsWith('5') ? '23:59:59' : '09:00:00'}+08:00` })
}
const asked = spawnSync(qifu, ['due', '--batch'], { input: questions.map((q) => `${q.code} ${q.at}\n`).join(''), encoding: 'utf8' })
const answers = asked.stdout.trim().split('\n')
check('number of answers', answers.length, questions.length)
questions.forEach((q, i) => check(`${q.code} ${q.at}`, answers[i]?.slice(0, 10) ?? '', nth(q.from, codes[q.code]) ?? '-'))
check('exit status when a year is missing', asked.status, 2)

// The published vectors, one call each.
for (const line of readFileSync(join(root, 'tests/vectors/working_days.csv'), 'utf8').trim().split('\n').slice(1)) {
	const [received, five, fifteen] = line.split(',')
	const due = (code) => execFileSync(qifu, ['due', code, '--from', `${received}T10:00:00+08:00`], { encoding: 'utf8' }).slice(0, 10)
	check(`${received} + 5`, due('complaint.reply'), five)
	check(`${received} + 15`, due('complaint.authority_reply'), fifteen)
}

// Without a calendar: no date at all.
const missing = spawnSync(qifu, ['due', 'complaint.reply', '--from', '2026-12-30T10:00:00+08:00'], { encoding: 'utf8' })
check('missing year: standard output', missing.stdout, '')
check('missing year: exit status', missing.status, 2)
check('missing year: named on standard error', missing.stderr.includes('2027'), true)

// The wall clock has no gaps.
const wall = (code, from) => execFileSync(qifu, ['due', code, '--from', from], { encoding: 'utf8' }).trim()
check('6 h over the eve of a holiday', wall('network_fault.handle', '2026-09-30T22:30:00+08:00'), '2026-10-01T04:30:00+08:00')
check('24 h over New Year', wall('network_fault.repair', '2026-12-31T12:00:00Z'), '2027-01-01T20:00:00+08:00')

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
