// Photos that are not yet with the server, kept in the browser's database: they survive a reload and a restart, and each
// is sent with its own key, so that a photo sent twice is one photo.
import { computed, reactive } from 'vue'
import { ApiProblem, call, newKey } from '@ui/api'
import { session } from '@ui/session'

export type PhotoKind = 'arrival' | 'before' | 'after' | 'signature' | 'consent'

export interface HeldPhoto {
	id: string
	staff_id: number
	order_id: number
	kind: PhotoKind
	blob: Blob
	/** When it was taken, by the photo itself or else by the phone's clock. */
	taken_at: string
	longitude_e6?: number
	latitude_e6?: number
	name: string
}
export interface PhotoState {
	busy: boolean
	problem: string
}

const held = reactive(new Map<string, HeldPhoto>())
const states = reactive(new Map<string, PhotoState>())

let opened: Promise<IDBDatabase> | undefined
function database(): Promise<IDBDatabase> {
	opened ??= new Promise((resolve, reject) => {
		const request = indexedDB.open('qifu-field', 1)
		request.onupgradeneeded = () => request.result.createObjectStore('photos', { keyPath: 'id' })
		request.onsuccess = () => resolve(request.result)
		request.onerror = () => reject(request.error)
	})
	return opened
}
async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
	const transaction = (await database()).transaction('photos', mode)
	const request = work(transaction.objectStore('photos'))
	return new Promise((resolve, reject) => {
		transaction.oncomplete = () => resolve(request.result)
		transaction.onerror = transaction.onabort = () => reject(transaction.error)
	})
}

/** Another person's photos on the same phone stay theirs. */
const mine = () => [...held.values()].filter((photo) => photo.staff_id === session.me?.id)
export const unsent = computed(() => mine().length)
export const heldFor = (orderId: number, kind?: PhotoKind) =>
	mine().filter((photo) => photo.order_id === orderId && (!kind || photo.kind === kind))
export const stateOf = (id: string): PhotoState => states.get(id) ?? { busy: false, problem: '' }

export async function loadHeld() {
	const all = await inStore<HeldPhoto[]>('readonly', (store) => store.getAll()).catch(() => [])
	for (const photo of all) if (!held.has(photo.id)) held.set(photo.id, photo)
}

/** Keeps a photo first and sends it then; answers with the server's record, or undefined when it is still here. */
export async function keepAndSend(photo: Omit<HeldPhoto, 'id' | 'staff_id'>): Promise<any> {
	const kept: HeldPhoto = { ...photo, id: newKey(), staff_id: session.me!.id }
	held.set(kept.id, kept)
	// A browser that refuses its database (private window) still sends; only the reload isn't survived then.
	await inStore('readwrite', (store) => store.put(kept)).catch(() => {})
	return sendHeld(kept.id)
}

export async function sendHeld(id: string): Promise<any> {
	const photo = held.get(id)
	if (!photo || states.get(id)?.busy) return undefined
	states.set(id, { busy: true, problem: '' })
	try {
		const record = await call('POST', '/evidence', {
			query: {
				module: 'repair', subject_id: photo.order_id, kind: photo.kind, device_at: photo.taken_at, name: photo.name,
				longitude_e6: photo.longitude_e6, latitude_e6: photo.latitude_e6,
			},
			body: photo.blob,
			key: photo.id,
		})
		await dropHeld(id)
		return record
	} catch (error) {
		const problem = error instanceof ApiProblem ? [error.detail, ...error.errors.map((e) => e.detail)].join('，') : String(error)
		states.set(id, { busy: false, problem })
		return undefined
	}
}

export async function dropHeld(id: string) {
	held.delete(id)
	states.delete(id)
	await inStore('readwrite', (store) => store.delete(id)).catch(() => {})
}
