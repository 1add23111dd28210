export default {
	title: '收费标准',
	version: '版本 {v}，{date} 起执行',
	basis: '依据',
	code: '代码',
	name: '项目',
	unit: '单位',
	price: '单价（元）',
	none: '还没有发布收费标准。',
}
