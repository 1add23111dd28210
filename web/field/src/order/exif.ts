// A canvas forgets when and where a photo was taken. These few lines read the time out of the camera's JPEG and write it into the
// one that the canvas makes, so that the server finds the original time inside the file.

const ASCII = 2
const DATE_TIME_ORIGINAL = 0x9003
const OFFSET_TIME_ORIGINAL = 0x9011
const EXIF_POINTER = 0x8769

function text(view: DataView, at: number, length: number) {
	let out = ''
	for (let i = 0; i < length && at + i < view.byteLength; i++) {
		const code = view.getUint8(at + i)
		if (code === 0) break
		out += String.fromCharCode(code)
	}
	return out
}

/** The entries of one directory: tag → where its value stands. */
function directory(view: DataView, base: number, at: number, little: boolean): Map<number, { at: number; count: number; value: number }> {
	const found = new Map<number, { at: number; count: number; value: number }>()
	if (at + 2 > view.byteLength) return found
	const count = Math.min(view.getUint16(at, little), 200)
	for (let i = 0; i < count; i++) {
		const entry = at + 2 + i * 12
		if (entry + 12 > view.byteLength) break
		const length = view.getUint32(entry + 4, little)
		const value = view.getUint32(entry + 8, little)
		const inside = view.getUint16(entry + 2, little) === ASCII && length > 4 ? base + value : entry + 8
		found.set(view.getUint16(entry, little), { at: inside, count: length, value })
	}
	return found
}

/** "2026-09-30T22:31:07+08:00" from a JPEG's EXIF, or undefined. A time without a zone is taken as Chinese time. */
export function takenAt(bytes: ArrayBuffer): string | undefined {
	const view = new DataView(bytes)
	if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined
	let at = 2
	while (at + 4 <= view.byteLength) {
		const marker = view.getUint16(at)
		const length = view.getUint16(at + 2)
		if ((marker & 0xff00) !== 0xff00 || marker === 0xffda || length < 2) return undefined
		if (marker === 0xffe1 && text(view, at + 4, 4) === 'Exif' && at + 18 <= view.byteLength) {
			const base = at + 10
			const little = view.getUint16(base) === 0x4949
			const first = directory(view, base, base + view.getUint32(base + 4, little), little)
			const pointer = first.get(EXIF_POINTER)
			const inner = pointer ? directory(view, base, base + pointer.value, little) : first
			const time = inner.get(DATE_TIME_ORIGINAL)
			const match = time && /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(text(view, time.at, time.count))
			if (!match) return undefined
			const zone = inner.get(OFFSET_TIME_ORIGINAL)
			const offset = zone ? text(view, zone.at, zone.count) : ''
			return `${match[1]}-${match[2]}-${match[3]}T${match[4]}${/^[+-]\d\d:\d\d$/.test(offset) ? offset : '+08:00'}`
		}
		at += 2 + length
	}
	return undefined
}

/** The JPEG with a small EXIF part that says when it was taken. `at` in Chinese time: "2026-09-30T22:31:07+08:00". */
export function withTakenAt(jpeg: ArrayBuffer, at: string): ArrayBuffer {
	const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?([+-]\d\d:\d\d)$/.exec(at)
	const source = new Uint8Array(jpeg)
	if (!match || source[0] !== 0xff || source[1] !== 0xd8) return jpeg
	const time = `${match[1]}:${match[2]}:${match[3]} ${match[4]}\0`
	const zone = `${match[5]}\0`
	// TIFF head 8, first directory 2+12+4, inner directory 2+2*12+4, then the two texts.
	const inner = 8 + 18
	const texts = inner + 30
	const tiff = texts + time.length + zone.length
	const segment = new DataView(new ArrayBuffer(4 + 6 + tiff))
	segment.setUint16(0, 0xffe1)
	segment.setUint16(2, 2 + 6 + tiff)
	'Exif\0\0'.split('').forEach((c, i) => segment.setUint8(4 + i, c.charCodeAt(0)))
	const base = 10
	segment.setUint16(base, 0x4d4d)
	segment.setUint16(base + 2, 42)
	segment.setUint32(base + 4, 8)
	const put = (where: number, tag: number, type: number, count: number, value: number) => {
		segment.setUint16(base + where, tag)
		segment.setUint16(base + where + 2, type)
		segment.setUint32(base + where + 4, count)
		segment.setUint32(base + where + 8, value)
	}
	segment.setUint16(base + 8, 1)
	put(10, EXIF_POINTER, 4, 1, inner)
	segment.setUint16(base + inner, 2)
	put(inner + 2, DATE_TIME_ORIGINAL, ASCII, time.length, texts)
	put(inner + 14, OFFSET_TIME_ORIGINAL, ASCII, zone.length, texts + time.length)
	;(time + zone).split('').forEach((c, i) => segment.setUint8(base + texts + i, c.charCodeAt(0)))
	const out = new Uint8Array(source.length + segment.byteLength)
	out.set(source.subarray(0, 2))
	out.set(new Uint8Array(segment.buffer), 2)
	out.set(source.subarray(2), 2 + segment.byteLength)
	return out.buffer
}
