// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { draftOf, forgetDraft } from './draft'
import { useSending } from './send'

const answer = (status: number, body: unknown = {}) => new Response(JSON.stringify(body), { status })
const keysOf = (fetcher: ReturnType<typeof vi.fn>) => fetcher.mock.calls.map((call) => (call[1] as any).headers['Idempotency-Key'])

afterEach(() => {
	vi.unstubAllGlobals()
	forgetDraft(7)
	localStorage.clear()
})

describe('sending an intention', () => {
	it('goes again under the same key after the network failed, even after a reload', async () => {
		const fetcher = vi.fn().mockRejectedValueOnce(new TypeError('offline')).mockResolvedValueOnce(answer(200, { id: 7 }))
		vi.stubGlobal('fetch', fetcher)
		const { sending, run, postOnce } = useSending(draftOf(7))
		expect(await run(() => postOnce('arrive', '/x', { step: 'arrive' }))).toBe(false)
		expect(sending.undecided).toBe(true)
		const stored = JSON.parse(localStorage.getItem('qifu.field.draft.undefined.7')!)
		expect(stored.keys.arrive.key).toBe(keysOf(fetcher)[0])
		expect(await run(() => postOnce('arrive', '/x', { step: 'arrive' }))).toBe(true)
		expect(keysOf(fetcher)[1]).toBe(keysOf(fetcher)[0])
	})
	it('gets a new key when what is sent was changed', async () => {
		const fetcher = vi.fn().mockResolvedValue(answer(503, { detail: '忙' }))
		vi.stubGlobal('fetch', fetcher)
		const { run, postOnce } = useSending(draftOf(7))
		await run(() => postOnce('wait', '/x', { reason: '等配件' }))
		await run(() => postOnce('wait', '/x', { reason: '等用户' }))
		expect(keysOf(fetcher)[0]).not.toBe(keysOf(fetcher)[1])
	})
	it('is over with a clear no: the next try is a new one', async () => {
		const fetcher = vi.fn().mockResolvedValueOnce(answer(409, { detail: '已改派' })).mockResolvedValueOnce(answer(200))
		vi.stubGlobal('fetch', fetcher)
		const { sending, run, postOnce } = useSending(draftOf(7))
		await run(() => postOnce('accept', '/x', {}))
		expect(sending.undecided).toBe(false)
		expect(sending.problem?.detail).toBe('已改派')
		await run(() => postOnce('accept', '/x', {}))
		expect(keysOf(fetcher)[0]).not.toBe(keysOf(fetcher)[1])
	})
	it('keeps what was typed although the page that began the draft is gone', () => {
		const page = effectScope()
		const draft = page.run(() => draftOf(7))!
		page.stop()
		draft.arriveReason = '室内没有信号'
		expect(JSON.parse(localStorage.getItem('qifu.field.draft.undefined.7')!).arriveReason).toBe('室内没有信号')
	})
	it('keeps what was typed when it fails', async () => {
		vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('offline')))
		const draft = draftOf(7)
		draft.result = '更换软管，查漏合格'
		const { run, postOnce } = useSending(draft)
		await run(() => postOnce('finish', '/x', { result: draft.result }))
		expect(JSON.parse(localStorage.getItem('qifu.field.draft.undefined.7')!).result).toBe('更换软管，查漏合格')
	})
})
