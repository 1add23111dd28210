// How qifu writes times, clocks and amounts for people. Always Asia/Shanghai, whatever the zone of the computer.

const HOUR = 3_600_000
const zone = 8 * HOUR

const pad = (n: number) => String(n).padStart(2, '0')

/** "2026-09-30 22:30" */
export function instantText(value?: string | null): string {
	if (!value) return '—'
	const d = new Date(Date.parse(value) + zone)
	return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())} ${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`
}

/** "09-30 22:30", for lists */
export const instantShort = (value?: string | null) => (value ? instantText(value).slice(5) : '—')

/** "3 小时 12 分", "2 天 4 小时", "45 秒" */
export function durationText(ms: number): string {
	const seconds = Math.floor(Math.abs(ms) / 1000)
	const days = Math.floor(seconds / 86400)
	const hours = Math.floor((seconds % 86400) / 3600)
	const minutes = Math.floor((seconds % 3600) / 60)
	if (days) return hours ? `${days} 天 ${hours} 小时` : `${days} 天`
	if (hours) return minutes ? `${hours} 小时 ${minutes} 分` : `${hours} 小时`
	if (minutes) return `${minutes} 分`
	return `${seconds} 秒`
}

export type ClockState = 'none' | 'ample' | 'soon' | 'late'

/** A deadline in words: 剩 3 小时 12 分 / 超期 20 分. `now` in ms. Never by colour alone. */
export function clock(dueAt: string | null | undefined, now: number): { text: string; state: ClockState } {
	if (!dueAt) return { text: '—', state: 'none' }
	const left = Date.parse(dueAt) - now
	if (left < 0) return { text: `超期 ${durationText(left)}`, state: 'late' }
	return { text: `剩 ${durationText(left)}`, state: left < HOUR ? 'soon' : 'ample' }
}

/** 12345 → "123.45" */
export function yuan(fen?: number | null): string {
	if (fen === undefined || fen === null) return '—'
	const whole = Math.trunc(Math.abs(fen) / 100)
	return `${fen < 0 ? '-' : ''}${whole.toLocaleString('en-US')}.${pad(Math.abs(fen) % 100)}`
}

/** 12345 → "12.345" */
export function cubicMetres(litre?: number | null): string {
	if (litre === undefined || litre === null) return '—'
	return `${litre < 0 ? '-' : ''}${Math.trunc(Math.abs(litre) / 1000)}.${String(Math.abs(litre) % 1000).padStart(3, '0')}`
}

/** 985 → "98.5 %" */
export const permille = (value?: number | null) =>
	value === undefined || value === null ? '—' : `${(value / 10).toFixed(1)} %`
