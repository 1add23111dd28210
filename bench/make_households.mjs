#!/usr/bin/env node
// Writes a file of invented households with the standard header, the same for the same arguments.
//   make_households.mjs FILE ROWS [--gb18030] [--faults EVERY] [--start N] [--prefix 户号前缀]
// With --faults every EVERYth row carries one deliberate fault; the number of faulty rows is printed.
// Identity numbers use an area code that was never given (999999) and phones a block that is not served (190 0000 ….).
import { createWriteStream } from 'node:fs'
import { execFileSync, spawn } from 'node:child_process'

const [file, rowsText, ...rest] = process.argv.slice(2)
const option = (name, fallback) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : fallback)
const rows = Number(rowsText)
if (!file || !(rows > 0)) {
	console.error('usage: make_households.mjs FILE ROWS [--gb18030] [--faults EVERY] [--start N] [--prefix TEXT]')
	process.exit(2)
}
const gb = rest.includes('--gb18030')
const every = Number(option('--faults', 0))
const start = Number(option('--start', 1))
const prefix = option('--prefix', '10')

let seed = 0x9e3779b9
const random = (n) => {
	seed ^= seed << 13
	seed ^= seed >>> 17
	seed ^= seed << 5
	return (seed >>> 0) % n
}
const pick = (list) => list[random(list.length)]
const surnames = [...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文䶮']
const given = [...'伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文辉力晓建国华红梅玉兰志永海燕春花小东宁慧婷雪琳晨阳子轩梓涵一诺浩然宇航思远佳怡欣𠮷']
const places = [...'锦绣阳光滨河金水翠湖龙凤凰祥和幸福东方世纪书香铂悦御景华府碧桂银座城南北西苑盛泰安康瑞福田园']
const tails = ['花园', '小区', '家园', '新村', '公寓', '嘉园', '名城', '广场', '里', '苑']
const classes = ['居民', '居民', '居民', '居民', '居民', '居民', '居民', '采暖', '商业', '公福']
const models = ['G2.5', 'G4', 'IC卡膜式表G2.5', 'NB-IoT物联网表', '无线远传表']
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const two = (n) => String(n).padStart(2, '0')

function identity() {
	const seventeen = `999999${1940 + random(65)}${two(1 + random(12))}${two(1 + random(28))}${String(random(1000)).padStart(3, '0')}`
	const sum = weights.reduce((total, w, i) => total + w * Number(seventeen[i]), 0)
	return seventeen + '10X98765432'[sum % 11]
}
const communities = []
for (let i = 0; i < Math.max(3, Math.ceil(rows / 500)); i++)
	communities.push(`${pick(places)}${pick(places)}${i % 7 === 0 ? i : ''}${pick(tails)}`)

const faults = [
	(r) => (r[3] = '12345'), // no phone
	(r) => (r[8] = '宇航员'), // no class of use
	(r) => (r[0] = first), // the number of the first row again
	(r) => (r[0] = '1.00012E+11'), // went through a spreadsheet
	(r) => (r[2] = '999999199001010000'), // wrong check digit
	(r) => (r[13] = '2025-02-30'), // no such day
	(r) => (r[9] = '三十'), // no number
	(r) => (r[0] = ''), // no number at all
]
const first = prefix + String(start).padStart(8, '0')
let faulty = 0
const quote = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

let out
if (gb) {
	execFileSync('iconv', ['--version'], { stdio: 'ignore' })
	const iconv = spawn('sh', ['-c', 'exec iconv -f UTF-8 -t GB18030 > "$1"', 'sh', file], { stdio: ['pipe', 'inherit', 'inherit'] })
	out = iconv.stdin
} else out = createWriteStream(file)
const write = (text) => new Promise((done) => (out.write(text) ? done() : out.once('drain', done)))

await write('户号,户名,证件号码,联系电话,小区,楼栋,单元,室,用气类别,用气人口,表号,表型,表底数,开户日期\r\n')
let block = ''
for (let i = 0; i < rows; i++) {
	const n = start + i
	// Households of one building lie together in a file, as they do in a company's books.
	const community = communities[Math.floor(i / 500) % communities.length]
	const at = i % 500
	const floor = 1 + (Math.floor(at / 4) % 25)
	const row = [
		prefix + String(n).padStart(8, '0'),
		pick(surnames) + pick(given) + (random(4) ? pick(given) : ''),
		identity(),
		random(5) ? `190${String(random(100000000)).padStart(8, '0')}` : `0539-${2000000 + random(7999999)}`,
		community,
		`${1 + Math.floor(at / 100)}号楼`,
		`${1 + (Math.floor(at / 50) % 2)}单元`,
		`${floor}${two(1 + (at % 4))}`,
		pick(classes),
		String(1 + random(6)),
		`00${String(n).padStart(10, '0')}`,
		pick(models),
		(random(1000000) / 1000).toFixed(3),
		`${2005 + random(20)}-${two(1 + random(12))}-${two(1 + random(28))}`,
	]
	if (every && i > 0 && i % every === 0) {
		faults[faulty % faults.length](row)
		faulty++
	}
	block += row.map(quote).join(',') + '\r\n'
	if (block.length > 1 << 16) {
		await write(block)
		block = ''
	}
}
await write(block)
out.end()
console.log(`faulty=${faulty} rows=${rows}`)
