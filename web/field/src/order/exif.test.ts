import { describe, expect, it } from 'vitest'
import { takenAt, withTakenAt } from './exif'

// The smallest thing that begins like a JPEG.
const bare = new Uint8Array([0xff, 0xd8, 0xff, 0xda, 0, 2, 0xff, 0xd9]).buffer

/** A camera's little-endian EXIF as the standard lays it out, without a zone. */
function camera(time: string): ArrayBuffer {
	const tiff = [
		0x49, 0x49, 42, 0, 8, 0, 0, 0,
		1, 0, 0x69, 0x87, 4, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0x03, 0x90, 2, 0, 20, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0,
		...[...time].map((c) => c.charCodeAt(0)), 0,
	]
	const exif = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff]
	return new Uint8Array([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2, ...exif, 0xff, 0xda, 0, 2, 0xff, 0xd9]).buffer
}

describe('the time of a photo', () => {
	it('is read from the camera, without a zone as Chinese time', () => {
		expect(takenAt(camera('2026:09:30 22:31:07'))).toBe('2026-09-30T22:31:07+08:00')
	})
	it('is written into the small picture and found there again', () => {
		expect(takenAt(withTakenAt(bare, '2026-09-30T22:31:07+08:00'))).toBe('2026-09-30T22:31:07+08:00')
	})
	it('leaves the picture itself as it was', () => {
		const out = new Uint8Array(withTakenAt(bare, '2026-09-30T22:31:07+08:00'))
		expect([...out.slice(-6)]).toEqual([0xff, 0xda, 0, 2, 0xff, 0xd9])
	})
	it('is not invented for a picture without one, or for something else', () => {
		expect(takenAt(bare)).toBeUndefined()
		expect(takenAt(new TextEncoder().encode('%PDF-1.7').buffer as ArrayBuffer)).toBeUndefined()
	})
	it('of a file cut short is not found and breaks nothing', () => {
		const whole = camera('2026:09:30 22:31:07')
		for (let length = 0; length < whole.byteLength; length++) expect(() => takenAt(whole.slice(0, length))).not.toThrow()
	})
})
