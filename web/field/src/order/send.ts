// One intention, one key. While the server hasn't said yes or no (no network, server trouble), the same intention is sent again
// under the same key and happens once; the key survives a reload because it lies in the draft. A clear no ends it.
import { reactive } from 'vue'
import { ApiProblem, newKey, post } from '@ui/api'
import type { Draft } from './draft'

export interface Sending {
	busy: boolean
	problem?: ApiProblem
	/** The server may or may not have done it: sending again is safe and wanted. */
	undecided: boolean
}

export const isUndecided = (problem: ApiProblem) => problem.status === 0 || problem.status >= 500 || problem.status === 401

export function keyFor(draft: Draft, intention: string, body: unknown): string {
	const text = JSON.stringify(body)
	const known = draft.keys[intention]
	if (known && known.body === text) return known.key
	const key = newKey()
	draft.keys[intention] = { key, body: text }
	return key
}

export function useSending(draft: Draft) {
	const sending = reactive<Sending>({ busy: false, undecided: false })

	/** Runs `work`; true when it succeeded. What went wrong stands in `sending`. */
	async function run(work: () => Promise<unknown>): Promise<boolean> {
		if (sending.busy) return false
		sending.busy = true
		sending.problem = undefined
		sending.undecided = false
		try {
			await work()
			return true
		} catch (error) {
			const problem = error instanceof ApiProblem ? error : new ApiProblem(-1, error instanceof Error ? error.message : String(error))
			sending.problem = problem
			sending.undecided = isUndecided(problem)
			return false
		} finally {
			sending.busy = false
		}
	}

	/** POST under the intention's key. */
	async function postOnce<T = any>(intention: string, path: string, body: unknown): Promise<T> {
		const key = keyFor(draft, intention, body)
		try {
			const answer = await post<T>(path, body, { key })
			delete draft.keys[intention]
			return answer
		} catch (error) {
			if (error instanceof ApiProblem && !isUndecided(error)) delete draft.keys[intention]
			throw error
		}
	}
	return { sending, run, postOnce }
}
