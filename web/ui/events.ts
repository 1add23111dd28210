// Live updates: one stream per page, shared by whoever listens. The browser reconnects by itself; after a gap the server
// (or this file, after a reconnection) says `resync`, and listeners ask the API again.

export interface LiveEvent {
	kind: string
	subject_id: number
	org_id: number
	summary?: string
}

type Listener = (event: LiveEvent) => void

let source: EventSource | undefined
let connected = false
const listeners = new Map<Listener, (kind: string) => boolean>()
const watchers = new Set<(connected: boolean) => void>()

function tell(event: LiveEvent) {
	for (const [listener, wants] of listeners) if (event.kind === 'resync' || wants(event.kind)) listener(event)
}

function setConnected(now: boolean) {
	connected = now
	for (const watcher of watchers) watcher(now)
}

function open() {
	let hadGap = false
	source = new EventSource('/api/v1/events')
	source.onopen = () => {
		setConnected(true)
		if (hadGap) tell({ kind: 'resync', subject_id: 0, org_id: 0 })
		hadGap = false
	}
	source.onerror = () => {
		hadGap = true
		setConnected(false)
	}
	source.onmessage = (message) => tell(JSON.parse(message.data) as LiveEvent)
	source.addEventListener('resync', () => tell({ kind: 'resync', subject_id: 0, org_id: 0 }))
}

/** Calls `listener` for events whose kind starts with one of `kinds`, and on resync. Returns the way to stop. */
export function listen(kinds: string[], listener: Listener): () => void {
	if (!source) open()
	listeners.set(listener, (kind) => kinds.some((k) => kind.startsWith(k)))
	return () => {
		listeners.delete(listener)
		if (listeners.size === 0) closeStream()
	}
}

export function closeStream() {
	source?.close()
	source = undefined
	setConnected(false)
}

/** Tells whether the stream stands, now and at every change. */
export function watchConnection(watcher: (connected: boolean) => void): () => void {
	watchers.add(watcher)
	watcher(connected)
	return () => watchers.delete(watcher)
}
