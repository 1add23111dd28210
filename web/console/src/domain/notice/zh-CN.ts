export default {
	title: '通知发送',
	retry: '重发',
	retried: '已排队重发',
	suppressed: '停发名单',
	restore: '恢复发送',
	restored: '已恢复',
	target: '号码或邮箱',
	why: '停发原因',
	since: '停发时间',
	action: '操作',
}
