import { expect, test } from 'vitest'
import { clock, cubicMetres, durationText, instantText, permille, yuan } from './format'

test('an instant reads as Shanghai time whatever zone the computer is in', () => {
	expect(instantText('2026-09-30T14:30:00Z')).toBe('2026-09-30 22:30')
	expect(instantText('2026-12-31T16:00:00Z')).toBe('2027-01-01 00:00')
	expect(instantText(null)).toBe('—')
})

test('a deadline is said in words, before and after it', () => {
	const due = '2026-10-01T04:30:00+08:00'
	const at = (text: string) => Date.parse(text)
	expect(clock(due, at('2026-10-01T01:18:00+08:00'))).toEqual({ text: '剩 3 小时 12 分', state: 'ample' })
	expect(clock(due, at('2026-10-01T04:00:00+08:00'))).toEqual({ text: '剩 30 分', state: 'soon' })
	expect(clock(due, at('2026-10-01T04:50:00+08:00'))).toEqual({ text: '超期 20 分', state: 'late' })
	expect(clock(null, 0).state).toBe('none')
})

test('durations drop what is nothing', () => {
	expect(durationText(45_000)).toBe('45 秒')
	expect(durationText(3_600_000)).toBe('1 小时')
	expect(durationText(2 * 86_400_000 + 4 * 3_600_000)).toBe('2 天 4 小时')
})

test('money and gas keep every digit and never become fractions of a fen', () => {
	expect(yuan(5)).toBe('0.05')
	expect(yuan(123405)).toBe('1,234.05')
	expect(yuan(-250)).toBe('-2.50')
	expect(cubicMetres(12345)).toBe('12.345')
	expect(cubicMetres(-7)).toBe('-0.007')
})

test('a share of no orders is no share', () => {
	expect(permille(null)).toBe('—')
	expect(permille(985)).toBe('98.5 %')
})
