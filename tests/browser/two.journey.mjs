// Two people have the same order open. The second to save sees what the first wrote, loses nothing of his own, and decides.
import { assert, same } from './kit.mjs'

export default async function (journey) {
	const step = journey.step.bind(journey)
	const clerk = journey.house.entered.hotline1
	const order = await clerk.must('POST', '/repairs', {
		door: 'hotline', kind: 'appliance_fault', address: '样港示例路 9 号 2 幢 301 室', caller_phone: '057100004001', description: '灶具打不着火',
	})
	const path = `/repairs/${order.id}`
	let first, second
	const open = async (page) => {
		await page.getByRole('button', { name: '修改受理内容' }).click()
		await page.getByRole('dialog').getByLabel('诉求').waitFor()
	}
	const save = (page) => page.getByRole('dialog').getByRole('button', { name: '保存' }).click()

	await step('both open the same order to change it', async () => {
		first = await journey.desk('hotline1', path)
		second = await journey.desk('diaodu2', path)
		await open(first)
		await open(second)
	})
	await step('the first saves', async () => {
		await first.getByRole('dialog').getByLabel('诉求').fill('灶具左眼打不着火')
		await save(first)
		await first.getByText('灶具左眼打不着火').first().waitFor()
	})
	await step('the second is told, and sees both texts', async () => {
		await second.getByRole('dialog').getByLabel('诉求').fill('灶具两眼都打不着火，家有老人')
		await save(second)
		const dialog = second.getByRole('dialog').filter({ hasText: '别人已经改过这条记录' })
		await dialog.getByText('灶具左眼打不着火').waitFor()
		await dialog.getByText('灶具两眼都打不着火，家有老人').waitFor()
		await journey.look(second, 'stale')
		same((await clerk.must('GET', path)).description, '灶具左眼打不着火', 'the stored text')
	})
	await step('he keeps his own, knowingly', async () => {
		await second.getByRole('button', { name: '以我的为准再保存' }).click()
		await second.getByText('灶具两眼都打不着火，家有老人').first().waitFor()
		same((await clerk.must('GET', path)).description, '灶具两眼都打不着火，家有老人', 'the stored text')
	})
	await step('the first sees it without asking', async () => {
		await first.getByText('灶具两眼都打不着火，家有老人').first().waitFor()
		assert(!(await first.getByRole('dialog').isVisible()), 'a dialog still stands open')
	})
}
