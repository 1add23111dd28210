export default {
	title: '审计',
	verify: '核对链条',
	good: '链条完整，共 {n} 条',
	bad: '第 {n} 条对不上：记录可能被改动过',
}
