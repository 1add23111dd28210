// Who is logged in here, what they may do, and what time it is for the server.
import { computed, reactive } from 'vue'
import { call, get, post, setCsrf, whenLoggedOut } from './api'
import { closeStream } from './events'

export interface Me {
	id: number
	name: string
	login: string
	number: string
	post?: string
	title?: string
	roles: { role: string; label: string; org_id: number; org_name: string }[]
	org: { id: number; name: string; kind: string; company_id: number }
	permissions: string[]
	home: string
	must_change_password: boolean
	csrf: string
	on_duty: boolean
	now: string
	alarms: number
}

interface Session {
	me?: Me
	/** The session ended under an open page: a login dialog stands over it and nothing typed is lost. */
	interrupted: boolean
	/** Server clock minus this computer's, ms. */
	offset: number
	/** The server's clock, ticking once a second; for all clocks on the screen. */
	now: number
}

export const session = reactive<Session>({ interrupted: false, offset: 0, now: Date.now() })

setInterval(() => (session.now = Date.now() + session.offset), 1000)

function enter(me: Me) {
	session.me = me
	session.interrupted = false
	session.offset = Date.parse(me.now) - Date.now()
	session.now = Date.parse(me.now)
	setCsrf(me.csrf)
}

whenLoggedOut(() => {
	closeStream()
	if (session.me) session.interrupted = true
})

export async function login(user: string, password: string) {
	const answer = await call<{ me: Me }>('POST', '/session', { body: { user, password } })
	enter(answer.me)
}

/** After a reload: the cookie may still be good. False when it isn't. */
export async function resume(): Promise<boolean> {
	try {
		enter(await get<Me>('/me'))
		return true
	} catch {
		return false
	}
}

export async function logout() {
	await call('DELETE', '/session').catch(() => {})
	closeStream()
	session.me = undefined
}

export async function changePassword(old: string, fresh: string) {
	await post('/me/password', { old, new: fresh })
	enter(await get<Me>('/me'))
}

export const may = (permission: string) => session.me?.permissions.includes(permission) ?? false
export const onDuty = computed(() => session.me?.on_duty ?? false)
