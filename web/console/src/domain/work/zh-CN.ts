export default {
	title: '我的工作',
	lead: '先到期的排在前面。',
	none: '手上没有待办。',
	clock: '时限',
	what: '事项',
	kind: '类别',
	state: '状态',
	address: '地址',
	filed: '受理时间',
}
