// A company with its people, made through the door that everybody uses: the first administrators by `qifu user`, the rest
// by the API. All persons and numbers are invented.
import { execFileSync } from 'node:child_process'

export const FIRST = 'Diyi-Ci-Mima-2026'
export const PASSWORD = 'Ceshi-Yonghu-8341'

/** One logged-in person without a browser. */
export class Person {
	constructor(base) {
		this.base = base
		this.cookie = ''
		this.csrf = ''
	}
	async send(method, path, body, headers = {}) {
		const all = { Accept: 'application/json', Cookie: this.cookie, ...headers }
		if (method !== 'GET') all['X-CSRF-Token'] = this.csrf
		if (method === 'POST') all['Idempotency-Key'] = crypto.randomUUID()
		if (body !== undefined) all['Content-Type'] = 'application/json'
		const answer = await fetch(`${this.base}/api/v1${path}`, { method, headers: all, body: body === undefined ? undefined : JSON.stringify(body) })
		const cookie = answer.headers.get('set-cookie')
		if (cookie) this.cookie = cookie.split(';')[0]
		const text = await answer.text()
		return { status: answer.status, etag: answer.headers.get('etag'), body: text ? JSON.parse(text) : undefined }
	}
	/** As send, but anything but success ends the run: for preparing. */
	async must(method, path, body, headers) {
		const answer = await this.send(method, path, body, headers)
		if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
		return answer.body
	}
	async login(user, password) {
		const answer = await this.must('POST', '/session', { user, password })
		this.csrf = answer.csrf
		this.me = answer.me
		return this
	}
	/** The first login, with the change of password that it asks for. */
	async enter(user) {
		await this.login(user, FIRST)
		await this.must('POST', '/me/password', { old: FIRST, new: PASSWORD })
		this.me = await this.must('GET', '/me')
		return this
	}
}

const people = [
	{ login: 'hotline1', name: '何热线', post: '热线坐席', role: 'hotline', at: 'centre' },
	{ login: 'diaodu1', name: '戴调度', post: '调度员', role: 'dispatcher', at: 'centre' },
	{ login: 'diaodu2', name: '丁调度', post: '调度员', role: 'dispatcher', at: 'centre' },
	{ login: 'jishu1', name: '季维修', post: '抢修工', role: 'technician', at: 'team', skills: ['leak', 'indoor', 'appliance'], certificates: ['gas_repair', 'gas_appliance'] },
	{ login: 'huifang1', name: '惠回访', post: '回访员', role: 'revisit', at: 'centre' },
	{ login: 'dangan1', name: '党档案', post: '档案员', role: 'archive', at: 'centre' },
	{ login: 'jingli1', name: '景经理', post: '公司经理', role: 'company', at: 'company' },
	{ login: 'peixun1', name: '裴培训', post: '培训考核专员', role: 'training', at: 'company' },
	{ login: 'suoding1', name: '索示例', post: '热线坐席', role: 'hotline', at: 'centre' },
]

export async function furnish(program, options, base) {
	for (const [login, role] of [['xitong', 'sysadmin'], ['anquan', 'secadmin']])
		execFileSync(program, ['user', ...options, '--name', login === 'xitong' ? '习系统' : '安安全', '--role', role, '--password-stdin', login], { input: `${FIRST}\n`, stdio: ['pipe', 'ignore', 'inherit'] })
	const system = await new Person(base()).enter('xitong')
	const security = await new Person(base()).enter('anquan')
	const orgs = {}
	const root = system.me.org.id
	const open = (parent_id, kind, code, name, more = {}) => system.must('POST', '/orgs', { parent_id, kind, code, name, ...more })
	orgs.company = await open(root, 'company', 'YGRQ', '样港燃气有限公司', { place_code: '330800', service_phone: '057188000000' })
	orgs.centre = await open(orgs.company.id, 'centre', 'YG', '样港客服中心', { place_code: '330802', service_phone: '057188000001' })
	orgs.team = await open(orgs.centre.id, 'team', 'YG1', '抢修一班')
	const staff = {}
	for (const [i, one] of people.entries()) {
		const org = orgs[one.at]
		const made = await security.must('POST', '/staff', { org_id: org.id, number: `T${100 + i}`, login: one.login, name: one.name, post: one.post, phone: `05710000${String(1000 + i)}` })
		await security.must('POST', `/staff/${made.id}/grants`, { role: one.role, org_id: one.role === 'technician' ? orgs.centre.id : org.id })
		await security.must('POST', `/staff/${made.id}/password`, { password: FIRST })
		staff[one.login] = made
	}
	return { orgs, staff, system, security, people }
}

/** Everybody has chosen a password; skills and certificates are given by the one who trains. */
export async function train(house, base) {
	const entered = {}
	await Promise.all(house.people.filter((one) => one.login !== 'suoding1').map(async (one) => (entered[one.login] = await new Person(base()).enter(one.login))))
	const trainer = entered.peixun1
	for (const one of house.people) {
		if (!one.skills) continue
		await trainer.must('POST', `/staff/${house.staff[one.login].id}/skills`, { skills: one.skills })
		for (const kind of one.certificates)
			await trainer.must('POST', `/staff/${house.staff[one.login].id}/certificates`, { kind, number: `示例-${kind}`, issuer: '示例发证机关', issued_on: '2025-01-01', expires_on: '2027-12-31' })
	}
	return entered
}
