// Totals shown while choosing. The server's count holds; this one agrees with it: fen for thousandths of a unit, halves up.
export const amountFen = (price_fen: number, quantity_thousandths: number) => Math.floor((price_fen * quantity_thousandths + 500) / 1000)

/** 1500 → "1.5" */
export const quantityText = (thousandths: number) => String(thousandths / 1000)

/** "1.5" → 1500; undefined when it is no quantity. At most three decimals. */
export function quantityOf(text: string): number | undefined {
	const match = /^(\d{1,4})(?:\.(\d{0,3}))?$/.exec(text.trim())
	if (!match) return undefined
	return Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'))
}
