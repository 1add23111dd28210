// One order as the server tells it, shared by the pages about it: a page opens with what is known and asks anew at once.
import { computed, onMounted, onUnmounted, reactive, ref } from 'vue'
import { ApiProblem, get } from '@ui/api'
import { listen } from '@ui/events'
import type { Draft } from './draft'
import { heldFor, type PhotoKind } from './photo_store'

export interface Step {
	step: string
	label: string
	needs?: string[]
}
export interface QuoteLine {
	item_code: string
	label: string
	unit: string
	quantity_thousandths: number
	price_fen: number
	amount_fen: number
}
export interface Order {
	id: number
	number: string
	kind: string
	kind_label?: string
	level: string
	level_label?: string
	status: string
	status_label?: string
	/** In this person's hands: names and numbers come whole. */
	mine?: boolean
	address: string
	description?: string
	caller_name?: string
	caller_phone?: string
	household_id?: number
	household?: { id?: number; number: string; name: string; address?: string; user_class?: string; meter_number?: string; risk?: string }
	appointment_from?: string
	appointment_to?: string
	due_at?: string
	filed_at: string
	arrived_at?: string
	waiting_reason?: string
	secured?: boolean
	cause?: string
	result?: string
	version: number
	steps?: Step[]
	promises?: any[]
	timeline?: any[]
	evidence?: { id: number; kind: PhotoKind; taken_at?: string; device_at?: string; created_at: string }[]
	reopened?: number
	dispatched_at?: string
	work?: { recorded_at?: string; note?: string; checklist?: Record<string, boolean> | null; lines?: QuoteLine[] } | null
	quote?: { lines: QuoteLine[]; total_fen: number; consent_method?: string; consented_at?: string } | null
	[member: string]: any
}

const known = reactive(new Map<number, Order>())
export const isUrgent = (order: { level: string }) => order.level === 'P0' || order.level === 'P1'
export const take = (order: Order) => known.set(order.id, order)

export function useOrder(id: number) {
	const order = computed(() => known.get(id))
	const problem = ref('')
	async function read() {
		try {
			take(await get<Order>(`/repairs/${id}`))
			problem.value = ''
		} catch (error) {
			problem.value = error instanceof ApiProblem ? error.detail : String(error)
		}
	}
	let stop = () => {}
	onMounted(() => {
		stop = listen(['repair', 'dispatch'], (event) => (event.kind === 'resync' || event.subject_id === id) && read())
		return read()
	})
	onUnmounted(() => stop())
	return { order, problem, read }
}

/** Photos of the present attempt: after reopening everything is proved anew. */
export const photosOf = (order: Order, kind: PhotoKind) =>
	(order.evidence ?? []).filter((e) => e.kind === kind && !(order.reopened && order.dispatched_at && e.created_at < order.dispatched_at))
export const stepOf = (order: Order | undefined, step: string) => order?.steps?.find((s) => s.step === step)

/** What is done on site, in its order. The server has the last word in each; this only leads the hand. */
export interface Stage {
	code: 'secure' | 'arrival' | 'before' | 'charge' | 'consent' | 'work' | 'after' | 'leaving' | 'sign' | 'finish'
	to: string
	done: boolean
	/** Can't be opened yet: why, as the key of a text. */
	locked?: string
}

export const isAgreed = (order: Order) => !!order.quote && (order.quote.total_fen === 0 || !!order.quote.consented_at)
export const isRecorded = (order: Order) => !!order.work?.recorded_at
/** The page sends the whole list at once. */
export const leavingDone = (order: Order) => {
	const ticked = Object.values(order.work?.checklist ?? {})
	return ticked.length > 0 && ticked.every(Boolean)
}

export function stagesOf(order: Order, draft: Draft): Stage[] {
	const path = (rest: string) => `/orders/${order.id}${rest}`
	const has = (kind: PhotoKind) => photosOf(order, kind).length > 0
	const waiting = (kind: PhotoKind) => heldFor(order.id, kind).length > 0
	const charge = draft.charge || (order.quote ? 'paid' : '')
	const mayWork = charge === 'free' || (charge === 'paid' && isAgreed(order))
	const stages: Stage[] = []
	if (isUrgent(order)) stages.push({ code: 'secure', to: path('/reason/secure'), done: !!order.secured })
	// Going in comes before taking pictures, so arriving doesn't wait for it; finishing does.
	if (isUrgent(order) || waiting('arrival')) stages.push({ code: 'arrival', to: path('/photos/arrival'), done: has('arrival') && !waiting('arrival') })
	stages.push({ code: 'before', to: path('/photos/before'), done: (has('before') || !!draft.noBefore) && !waiting('before') })
	stages.push({ code: 'charge', to: path('/quote'), done: charge === 'free' || !!order.quote })
	if (charge === 'paid')
		stages.push({ code: 'consent', to: path('/consent'), done: isAgreed(order), locked: order.quote ? undefined : 'order.stage.needsQuote' })
	stages.push({ code: 'work', to: path('/work'), done: isRecorded(order), locked: mayWork ? undefined : charge === 'paid' ? 'order.stage.needsConsent' : 'order.stage.needsCharge' })
	stages.push({ code: 'after', to: path('/photos/after'), done: has('after') && !waiting('after') })
	stages.push({ code: 'leaving', to: path('/leaving'), done: leavingDone(order) })
	stages.push({ code: 'sign', to: path('/sign'), done: has('signature') || !!draft.signRefused })
	const open = stages.find((s) => !s.done)
	stages.push({ code: 'finish', to: path('/finish'), done: false, locked: open ? 'order.stage.needsRest' : undefined })
	return stages
}
