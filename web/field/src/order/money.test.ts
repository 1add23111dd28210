import { describe, expect, it } from 'vitest'
import { amountFen, quantityOf, quantityText } from './money'

describe('amounts while choosing', () => {
	it('are fen for thousandths of a unit, halves up', () => {
		expect(amountFen(6800, 1500)).toBe(10200)
		expect(amountFen(2650, 333)).toBe(882) // 882.45
		expect(amountFen(1, 500)).toBe(1)
		expect(amountFen(1, 499)).toBe(0)
	})
	it('are exact where binary fractions are not', () => {
		expect(amountFen(1999, 1100)).toBe(2199) // 2198.9
		expect(quantityOf('1.1')).toBe(1100)
		expect(quantityOf('0.07')).toBe(70)
	})
	it('take no word, no sign and no fourth decimal for a quantity', () => {
		for (const text of ['', 'x', '-1', '1.2345', '1e3', '12345']) expect(quantityOf(text)).toBeUndefined()
	})
	it('show quantities as they were typed', () => {
		expect(quantityText(1500)).toBe('1.5')
	})
})
