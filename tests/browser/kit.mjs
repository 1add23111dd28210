// What every journey needs: pages of two shapes, an eye on errors in the console, axe, screenshots, and counting.
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { PASSWORD } from './house.mjs'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const flags = [
	'--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
	'--disable-sync', '--disable-dev-shm-usage',
]

export const openBrowser = () => chromium.launch({ executablePath: process.env.QIFU_TEST_CHROMIUM ?? '/usr/bin/chromium', args: flags })

export function assert(truth, sentence) {
	if (!truth) throw new Error(sentence)
}
export function same(got, wanted, what) {
	if (got !== wanted) throw new Error(`${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`)
}

/** Counts the steps of one journey. After the first that fails the journey ends: the others stand on it. */
export class Journey {
	constructor(name, base, browser, shots, house) {
		Object.assign(this, { name, base, browser, shots, house, passed: 0, failed: 0, contexts: [], errors: [], pictures: 0 })
		mkdirSync(shots, { recursive: true })
	}
	async step(name, work) {
		const from = Date.now()
		try {
			await work()
			same(this.errors.length, 0, `errors in the browser (${this.errors.join(' | ')})`)
			this.passed++
			console.log(`  ok    ${name} (${Date.now() - from} ms)`)
		} catch (error) {
			this.failed++
			console.log(`  FAIL  ${name}: ${error.message}`)
			for (const [i, page] of this.contexts.flatMap((context) => context.pages()).entries())
				await page.screenshot({ path: join(this.shots, `${this.name}-failed-${i}.png`) }).catch(() => {})
			throw error
		}
	}
	async page(options) {
		const context = await this.browser.newContext({ locale: 'zh-CN', timezoneId: 'America/New_York', ...options })
		context.setDefaultTimeout(30_000)
		this.contexts.push(context)
		const page = await context.newPage()
		page.on('pageerror', (error) => this.errors.push(error.message))
		page.on('console', (message) => {
			// The browser itself reports answers that are no success; the pages say those to the person.
			if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.errors.push(message.text())
		})
		return page
	}
	/** A clerk at a desk. */
	async desk(user, path = '/') {
		const page = await this.page({ viewport: { width: 1366, height: 768 } })
		await page.goto(`${this.base}/console${path}`)
		if (user) await this.login(page, user)
		return page
	}
	/** A technician with a phone. */
	async phone(user, options = {}) {
		const page = await this.page({
			viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
			permissions: ['geolocation'], geolocation: { latitude: 28.93, longitude: 118.87, accuracy: 9 }, ...options,
		})
		await page.goto(`${this.base}/field/`)
		if (user) await this.login(page, user)
		return page
	}
	async login(page, user, password = PASSWORD) {
		await page.fill('#login-user', user)
		await page.fill('#login-password', password)
		await page.click('button[type=submit]')
		await page.waitForSelector('#login-user', { state: 'detached' })
	}
	/** Looks at the page as axe does and keeps a picture for people. Nothing serious, nothing wider than the screen. */
	async look(page, name) {
		// Not in the middle of a change of colour.
		await page.evaluate(() => Promise.race([new Promise((r) => setTimeout(r, 1500)), new Promise((r) => setTimeout(r, 150)).then(() => Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {}))))]))
		await page.screenshot({ path: join(this.shots, `${this.name}-${String(++this.pictures).padStart(2, '0')}-${name}.png`) })
		await page.evaluate(axeSource)
		const { violations } = await page.evaluate(() => {
			// What lies behind an open dialog is dimmed on purpose and can't be reached.
			const dialogs = [...document.querySelectorAll('.el-overlay, dialog[open]')].filter((e) => e.getClientRects().length)
			return window.axe.run(dialogs.at(-1) ?? document, { resultTypes: ['violations'] })
		})
		const grave = violations.filter((v) => ['serious', 'critical'].includes(v.impact))
		same(grave.length, 0, `axe on ${name}: ${grave.map((v) => `${v.id} ${v.nodes[0].html.slice(0, 160)}`).join('; ')}`)
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
		assert(wide <= 1, `${name} is ${wide} px wider than the screen`)
	}
	async end() {
		for (const context of this.contexts) await context.close().catch(() => {})
	}
}

let photo
/** A picture as a phone's camera would give it: larger than what may be sent. */
export async function cameraPhoto(page) {
	photo ??= await page.evaluate(() => {
		const canvas = document.createElement('canvas')
		canvas.width = 3000
		canvas.height = 2250
		const pen = canvas.getContext('2d')
		for (let y = 0; y < 30; y++) for (let x = 0; x < 40; x++) {
			pen.fillStyle = `hsl(${(x * 37 + y * 91) % 360} 40% ${35 + ((x * y) % 40)}%)`
			pen.fillRect(x * 75, y * 75, 75, 75)
		}
		return canvas.toDataURL('image/jpeg', 0.9).split(',')[1]
	})
	return { name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(photo, 'base64') }
}

/** Signs with the mouse on the page's signature pad. */
export async function sign(page) {
	await page.locator('canvas').scrollIntoViewIfNeeded()
	const box = await page.locator('canvas').boundingBox()
	await page.mouse.move(box.x + 30, box.y + 60)
	await page.mouse.down()
	for (let i = 0; i < 18; i++) await page.mouse.move(box.x + 30 + i * 12, box.y + 60 + Math.sin(i) * 35)
	await page.mouse.up()
}
