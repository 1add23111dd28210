// A list of households, as the old system wrote it, through the browser: looked at, tried, corrected, taken in, found.
import { execFileSync } from 'node:child_process'
import { assert, same } from './kit.mjs'

const rows = [
	'户号,户名,联系电话,小区,楼栋,单元,室,用气类别,用气人口',
	'9900001,示例甲,057100003001,示例花园,1,1,101,居民,3',
	'9900002,示例乙,057100003002,示例花园,1,1,102,居民,2',
	'9900003,示例丙,不是电话,示例花园,1,1,103,居民,4',
	'9900004,示例丁,057100003004,示例花园,1,2,201,居民,1',
]
// By another program than ours: what a Chinese Windows would have saved.
const gb18030 = (text) => execFileSync('iconv', ['-f', 'UTF-8', '-t', 'GB18030'], { input: text })

export default async function (journey) {
	const step = journey.step.bind(journey)
	let page
	const figure = async (label) => Number(/(\d+)\s*$/.exec(await page.locator('.figures span', { hasText: label }).innerText())[1])
	await step('the file is recognised by its content and its columns find their places', async () => {
		page = await journey.desk('dangan1', '/imports')
		await page.setInputFiles('input[type=file]', { name: '户档.csv', mimeType: 'text/csv', buffer: gb18030(rows.join('\r\n') + '\r\n') })
		await page.getByText(/GB18030/i).first().waitFor()
		await page.getByText('示例甲').first().waitFor()
		await journey.look(page, 'import-preview')
	})
	await step('the trial says what would happen and writes nothing', async () => {
		await page.getByRole('button', { name: '开始导入' }).click()
		await page.getByText('试运行完成').waitFor()
		same(await figure('总行数'), 4, 'rows')
		same(await figure('新增'), 3, 'created')
		same(await figure('失败'), 1, 'failed')
		const list = await journey.house.entered.dangan1.must('GET', '/households?number=9900001')
		same(list.items.length, 0, 'households after the trial')
	})
	await step('the row that is wrong is named with line, column and reason', async () => {
		const fault = page.locator('tr', { hasText: '联系电话' }).filter({ hasText: /^\s*4/ })
		await fault.first().waitFor()
		await journey.look(page, 'import-faults')
	})
	await step('the real run writes the good rows', async () => {
		await page.getByRole('button', { name: '正式导入' }).click()
		await page.getByText('试运行完成').waitFor({ state: 'hidden' })
		await page.locator('.el-tag', { hasText: '已完成' }).first().waitFor()
		same(await figure('新增'), 3, 'created')
		const list = await journey.house.entered.dangan1.must('GET', '/households?number=9900002')
		same(list.items[0]?.address, '示例花园1号楼1单元102室', 'address')
	})
	await step('the new household is found in the one search box', async () => {
		await page.getByPlaceholder('户号、姓名、电话、地址、工单号', { exact: false }).fill('9900004')
		await page.getByText('9900004').first().waitFor()
		await journey.look(page, 'search')
	})
	await step('the same file a second time changes nothing', async () => {
		await page.keyboard.press('Escape')
		await page.goto(`${journey.base}/console/imports`)
		await page.setInputFiles('input[type=file]', { name: '户档.csv', mimeType: 'text/csv', buffer: gb18030(rows.join('\r\n') + '\r\n') })
		await page.getByRole('button', { name: '开始导入' }).click()
		await page.getByText('试运行完成').waitFor()
		same(await figure('未变'), 3, 'unchanged')
		assert((await figure('新增')) === 0 && (await figure('更新')) === 0, 'something would be written again')
	})
}
