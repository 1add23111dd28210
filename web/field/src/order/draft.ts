// What was typed, ticked and drawn for one order but isn't with the server yet. Kept per person and order until the order is
// finished.
import { effectScope, reactive, watch } from 'vue'
import { session } from '@ui/session'

export type Stroke = [number, number][]

export interface Draft {
	/** Nothing is chosen beforehand. */
	charge: '' | 'free' | 'paid'
	/** Item code → thousandths. */
	quantities: Record<string, number>
	/** Parts and items done: code → thousandths; empty: as quoted. */
	done: Record<string, number>
	workNote: string
	checklist: Record<string, boolean>
	noBefore: string
	consentMethod: '' | 'signature' | 'code'
	consentStrokes: Stroke[]
	consentEvidence: number
	codeSentAt: number
	strokes: Stroke[]
	signRefused: string
	arriveReason: string
	cause: string
	result: string
	reasons: Record<string, string>
	keys: Record<string, { key: string; body: string }>
}

const empty = (): Draft => ({
	charge: '', quantities: {}, done: {}, workNote: '', checklist: {}, noBefore: '', consentMethod: '', consentStrokes: [],
	consentEvidence: 0, codeSentAt: 0, strokes: [], signRefused: '', arriveReason: '', cause: '', result: '', reasons: {}, keys: {},
})
const nameOf = (orderId: number) => `qifu.field.draft.${session.me?.id}.${orderId}`
const drafts = new Map<string, Draft>()

export function draftOf(orderId: number): Draft {
	const name = nameOf(orderId)
	const known = drafts.get(name)
	if (known) return known
	let stored = {}
	try {
		stored = JSON.parse(localStorage.getItem(name) ?? '{}')
	} catch {
		// A draft that can't be read is no reason not to work.
	}
	const draft = reactive<Draft>({ ...empty(), ...stored })
	drafts.set(name, draft)
	// At once, since a phone may end the page without a word; and in a scope of its own, since the page that first asked for the
	// draft is left long before the order is finished.
	effectScope(true).run(() =>
		watch(draft, (now) => drafts.get(name) === draft && localStorage.setItem(name, JSON.stringify(now)), { deep: true, flush: 'sync' }),
	)
	return draft
}

export function forgetDraft(orderId: number) {
	const name = nameOf(orderId)
	drafts.delete(name)
	localStorage.removeItem(name)
}
