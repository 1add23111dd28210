// Guessing a password: the login locks, tells what to do, stays locked for the right password, and the security administrator
// opens it.
import { assert, same } from './kit.mjs'
import { FIRST, PASSWORD } from './house.mjs'

const TRIES = 5

export default async function (journey) {
	const step = journey.step.bind(journey)
	let page
	const attempt = async (password) => {
		await page.fill('#login-password', password)
		const answered = page.waitForResponse((a) => a.url().endsWith('/api/v1/session'))
		await page.click('button[type=submit]')
		return (await answered).status()
	}
	await step('a wrong password is refused without telling which of the two was wrong', async () => {
		page = await journey.desk()
		await page.fill('#login-user', 'suoding1')
		same(await attempt('Budui-De-Mima-1'), 401, 'status')
		await page.getByRole('alert').getByText('登录名或密码不正确').waitFor()
		await journey.look(page, 'login-wrong')
	})
	await step('after five the login is locked, and one is told for how long and who can help', async () => {
		for (let i = 1; i < TRIES; i++) await attempt(`Budui-De-Mima-${i}`)
		same(await attempt('Budui-De-Mima-9'), 429, 'status')
		await page.getByRole('alert').getByText('请安全管理员解锁').waitFor()
		await journey.look(page, 'login-locked')
	})
	await step('the right password does not open it now', async () => {
		same(await attempt(FIRST), 429, 'status')
		assert(await page.locator('#login-user').isVisible(), 'the person came in')
	})
	await step('the security administrator unlocks it on the page of the person', async () => {
		const admin = await journey.desk('anquan', `/staff/${journey.house.staff.suoding1.id}`)
		const answered = admin.waitForResponse((a) => a.url().endsWith('/unlock'))
		await admin.getByRole('button', { name: '解除登录锁定' }).or(admin.getByRole('button', { name: '解除锁定' })).click()
		assert((await answered).ok(), 'unlocking was refused')
	})
	await step('then the first password opens, and must be changed before anything else', async () => {
		same(await attempt(FIRST), 200, 'status')
		await page.fill('#login-fresh', PASSWORD)
		await page.fill('#login-repeat', PASSWORD)
		await journey.look(page, 'login-change')
		await page.click('button[type=submit]')
		await page.waitForURL(/intake/)
	})
}
