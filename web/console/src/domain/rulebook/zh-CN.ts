export default {
	title: '制度对照',
	lead: '制度逐条，承诺、指标与依据。点数字看明细。',
	period: '统计区间',
	promise: '承诺',
	figure: '指标',
	light: { good: '达标', near: '接近目标', bad: '未达标', none: '期内无数据' },
	notMeasured: '尚未计量',
	notMeasuredWhy: '对应的业务模块还没有建成，这一条不给数字。',
	trend: '近 6 个月',
	target: '目标',
	of: '{n}/{d} 件',
	statute: '条文',
}
