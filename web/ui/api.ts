// The one way to the server. Every call answers with data or throws an ApiProblem that a person can read.

/** One thing wrong with one field (RFC 9457 extension `errors`). */
export interface Fault {
	field: string
	code: string
	detail: string
}

export class ApiProblem extends Error {
	constructor(
		readonly status: number,
		readonly detail: string,
		readonly errors: Fault[] = [],
		/** With 412: the record as it is now. */
		readonly present?: Record<string, unknown>,
		readonly requestId?: string,
	) {
		super(detail)
	}

	/** The sentence for a field, if it has a fault. */
	of(field: string): string | undefined {
		return this.errors.find((e) => e.field === field)?.detail
	}
}

// An open board asks again by itself; that must not keep alive the session of somebody who has left. What is asked long after
// the last touch of keyboard, mouse or screen says so.
const SELF_MS = 10_000
let touchedAt = Date.now()
for (const kind of ['pointerdown', 'keydown', 'wheel']) {
	addEventListener(kind, () => (touchedAt = Date.now()), { capture: true, passive: true })
}

let csrf = ''
let onLoggedOut: () => void = () => {}

export function setCsrf(token: string) {
	csrf = token
}

export function whenLoggedOut(handler: () => void) {
	onLoggedOut = handler
}

export interface CallOptions {
	query?: Record<string, string | number | boolean | undefined | null>
	body?: unknown
	/** Version for If-Match. */
	version?: number
	/** One key per intention: a retried call with the same key does nothing twice. */
	key?: string
	signal?: AbortSignal
}

export const newKey = () => crypto.randomUUID?.() ?? Math.random().toString(36).slice(2) + Date.now().toString(36)

export function address(path: string, query: CallOptions['query'] = {}) {
	const parameters = new URLSearchParams()
	for (const [name, value] of Object.entries(query)) {
		if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value))
	}
	const text = parameters.toString()
	return `/api/v1${path}${text ? `?${text}` : ''}`
}

async function problemOf(answer: Response): Promise<ApiProblem> {
	const problem = await answer.json().catch(() => ({}))
	const detail = problem.detail ?? (answer.status >= 500 ? '服务器暂时无法处理，请稍后再试' : `请求被拒绝（${answer.status}）`)
	return new ApiProblem(answer.status, detail, problem.errors ?? [], problem.present, problem.request_id)
}

export async function call<T = any>(method: string, path: string, options: CallOptions = {}): Promise<T> {
	const headers: Record<string, string> = { Accept: 'application/json' }
	if (method === 'GET' && Date.now() - touchedAt > SELF_MS) headers['X-Passive'] = '1'
	let body: BodyInit | undefined
	if (options.body instanceof Blob) {
		body = options.body
		headers['Content-Type'] = options.body.type || 'application/octet-stream'
	} else if (options.body !== undefined) {
		body = JSON.stringify(options.body)
		headers['Content-Type'] = 'application/json'
	}
	if (method !== 'GET') {
		headers['X-CSRF-Token'] = csrf
		if (method === 'POST') headers['Idempotency-Key'] = options.key ?? newKey()
	}
	if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`

	let answer: Response
	try {
		answer = await fetch(address(path, options.query), { method, headers, body, signal: options.signal })
	} catch (error) {
		if ((error as Error).name === 'AbortError') throw error
		throw new ApiProblem(0, '连不上服务器，请检查网络；您填写的内容还在')
	}
	if (answer.status === 401 && path !== '/session') onLoggedOut()
	if (!answer.ok) throw await problemOf(answer)
	if (answer.status === 204) return undefined as T
	return (await answer.json()) as T
}

export const get = <T = any>(path: string, query?: CallOptions['query'], signal?: AbortSignal) =>
	call<T>('GET', path, { query, signal })
export const post = <T = any>(path: string, body?: unknown, options: CallOptions = {}) =>
	call<T>('POST', path, { ...options, body: body ?? {} })
export const put = <T = any>(path: string, body: unknown, version: number) => call<T>('PUT', path, { body, version })
export const remove = <T = any>(path: string) => call<T>('DELETE', path)

export interface Page<T> {
	items: T[]
	next: string | null
	count?: number
}
