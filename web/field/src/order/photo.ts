// A photo as it leaves the phone: at most 1600 px, JPEG, with the order's number, the time and the person written into the
// picture.
import { session } from '@ui/session'
import { takenAt, withTakenAt } from './exif'

const LONGEST = 1600
const QUALITY = 0.8

/** "2026-09-30T22:31:07+08:00" */
export function chineseTime(ms: number): string {
	return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19) + '+08:00'
}
export const words = (time: string) => time.slice(0, 19).replace('T', ' ')

export function fit(width: number, height: number, longest = LONGEST) {
	const scale = Math.min(1, longest / Math.max(width, height))
	return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

export function jpegOf(canvas: HTMLCanvasElement): Promise<Blob> {
	return new Promise((resolve, reject) =>
		canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('没有足够的内存处理照片'))), 'image/jpeg', QUALITY),
	)
}

export function watermark(canvas: HTMLCanvasElement, lines: string[]) {
	const pen = canvas.getContext('2d')!
	const size = Math.max(14, Math.round(Math.min(canvas.width, canvas.height) / 32))
	pen.font = `600 ${size}px ${getComputedStyle(document.body).fontFamily}`
	pen.textBaseline = 'bottom'
	const tall = lines.length * size * 1.35 + size * 0.6
	pen.fillStyle = 'rgba(0,0,0,0.55)'
	pen.fillRect(0, canvas.height - tall, canvas.width, tall)
	pen.fillStyle = '#fff'
	lines.forEach((line, i) =>
		pen.fillText(line, size * 0.6, canvas.height - (lines.length - 1 - i) * size * 1.35 - size * 0.4, canvas.width - size * 1.2),
	)
}

export const watermarkLines = (number: string, time: string) => [
	number,
	`${words(time)}  ${session.me?.name ?? ''} ${session.me?.number ?? ''}`.trim(),
]

/** The picture of a file, whichever way this browser can open it. Turned the right way up by the browser. */
async function open(file: Blob): Promise<{ source: CanvasImageSource; width: number; height: number; close: () => void }> {
	if ('createImageBitmap' in window) {
		const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => undefined)
		if (bitmap) return { source: bitmap, width: bitmap.width, height: bitmap.height, close: () => bitmap.close() }
	}
	const image = new Image()
	const url = URL.createObjectURL(file)
	image.src = url
	await image.decode()
	return { source: image, width: image.naturalWidth, height: image.naturalHeight, close: () => URL.revokeObjectURL(url) }
}

export async function preparePhoto(file: File, number: string): Promise<{ blob: Blob; taken_at: string }> {
	const bytes = await file.arrayBuffer()
	// The file's own time if the camera wrote it; else the file's date, which for a fresh photo is the moment of the shot.
	const taken_at = takenAt(bytes) ?? chineseTime(file.lastModified || Date.now())
	const picture = await open(file)
	const canvas = document.createElement('canvas')
	Object.assign(canvas, fit(picture.width, picture.height))
	const pen = canvas.getContext('2d')!
	pen.fillStyle = '#fff'
	pen.fillRect(0, 0, canvas.width, canvas.height)
	pen.drawImage(picture.source, 0, 0, canvas.width, canvas.height)
	picture.close()
	watermark(canvas, watermarkLines(number, taken_at))
	const small = await (await jpegOf(canvas)).arrayBuffer()
	return { blob: new Blob([withTakenAt(small, taken_at)], { type: 'image/jpeg' }), taken_at }
}
