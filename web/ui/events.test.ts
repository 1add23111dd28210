import { beforeEach, expect, test, vi } from 'vitest'

class FakeSource {
	static last: FakeSource
	onopen?: () => void
	onerror?: () => void
	onmessage?: (m: { data: string }) => void
	closed = false
	private named = new Map<string, () => void>()
	constructor(readonly url: string) {
		FakeSource.last = this
	}
	addEventListener(name: string, handler: () => void) {
		this.named.set(name, handler)
	}
	fire(name: string) {
		this.named.get(name)!()
	}
	close() {
		this.closed = true
	}
}

beforeEach(() => {
	vi.resetModules()
	vi.stubGlobal('EventSource', FakeSource)
})

test('a listener hears its kinds, and resync after a gap, and nothing else', async () => {
	const { listen } = await import('./events')
	const heard: string[] = []
	listen(['repair'], (e) => heard.push(e.kind))
	const source = FakeSource.last
	source.onopen!()
	source.onmessage!({ data: '{"kind":"repair.filed","subject_id":1,"org_id":2}' })
	source.onmessage!({ data: '{"kind":"revisit.changed","subject_id":1,"org_id":2}' })
	source.onerror!()
	source.onopen!()
	source.fire('resync')
	expect(heard).toEqual(['repair.filed', 'resync', 'resync'])
})

test('the stream closes with its last listener', async () => {
	const { listen } = await import('./events')
	const one = listen(['repair'], () => {})
	const two = listen(['notice'], () => {})
	one()
	expect(FakeSource.last.closed).toBe(false)
	two()
	expect(FakeSource.last.closed).toBe(true)
})
