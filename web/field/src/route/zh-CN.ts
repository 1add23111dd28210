export default {
	title: '我的路线',
	onDuty: '在岗，可以派单给您',
	offDuty: '未上岗，不会派单给您',
	begin: '上岗',
	leave: '下岗',
	none: '现在没有派给您的工单',
	noneHint: '有新单会自动出现，不用刷新。',
	offHint: '上岗以后，调度才能派单给您。',
	waiting: '有 {n} 张工单等您接单',
	appointment: '约',
}
