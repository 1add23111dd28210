import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { address, ApiProblem, call, get, post, put, setCsrf, whenLoggedOut } from './api'

const answers = vi.fn()
beforeEach(() => {
	vi.stubGlobal('fetch', answers)
	setCsrf('token-1')
})
afterEach(() => answers.mockReset())
const reply = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })
const sent = () => answers.mock.calls[0] as [string, RequestInit & { headers: Record<string, string> }]

test('empty conditions are left out of an address and the rest is escaped', () => {
	expect(address('/search', { q: '100%_室', limit: 20, kind: '', after: null })).toBe('/api/v1/search?q=100%25_%E5%AE%A4&limit=20')
})

test('a POST carries the CSRF token and a key of its own; a GET carries neither', async () => {
	answers.mockImplementation(async () => reply(200, {}))
	await post('/repairs', { kind: 'leak' }, { key: 'k1' })
	expect(sent()[1].headers).toMatchObject({ 'X-CSRF-Token': 'token-1', 'Idempotency-Key': 'k1' })
	answers.mockClear()
	await get('/repairs')
	expect(sent()[1].headers['Idempotency-Key']).toBeUndefined()
	expect(sent()[1].headers['X-CSRF-Token']).toBeUndefined()
})

test('an edit names the version it was made from', async () => {
	answers.mockResolvedValue(reply(200, {}))
	await put('/households/7', { remark: 'x' }, 5)
	expect(sent()[1].headers['If-Match']).toBe('"5"')
})

test('a refusal keeps the sentence, the fields and the present record', async () => {
	answers.mockResolvedValue(reply(412, { detail: '别人已经改过', errors: [{ field: 'phone', code: 'format', detail: '电话不对' }], present: { version: 6 } }))
	const problem = await call('PUT', '/households/7', { body: {} }).catch((e) => e)
	expect(problem).toBeInstanceOf(ApiProblem)
	expect(problem.status).toBe(412)
	expect(problem.of('phone')).toBe('电话不对')
	expect(problem.present).toEqual({ version: 6 })
})

test('a broken line is told in Chinese and loses nothing', async () => {
	answers.mockRejectedValue(new TypeError('network'))
	const problem = await get('/me').catch((e) => e)
	expect(problem.status).toBe(0)
	expect(problem.detail).toContain('检查网络')
})

test('an ended session is told to the frame, a failed login is not', async () => {
	const ended = vi.fn()
	whenLoggedOut(ended)
	answers.mockImplementation(async () => reply(401, { detail: 'x' }))
	await call('POST', '/session', { body: {} }).catch(() => {})
	expect(ended).not.toHaveBeenCalled()
	await get('/me').catch(() => {})
	expect(ended).toHaveBeenCalledOnce()
})

test('what an open page asks by itself does not count as somebody at work; what follows a touch does', async () => {
	answers.mockImplementation(async () => reply(200, {}))
	vi.useFakeTimers({ now: Date.now() + 60_000 })
	await get('/dispatch/board')
	expect(sent()[1].headers['X-Passive']).toBe('1')
	answers.mockClear()
	dispatchEvent(new Event('keydown'))
	await get('/dispatch/board')
	expect(sent()[1].headers['X-Passive']).toBeUndefined()
	vi.useRealTimers()
})
