import { makeI18n, type Messages } from '@ui/i18n'

// Each folder of pages has its zh-CN.ts (and en.ts); the folder's name is the first part of the key.
const found = import.meta.glob<{ default: Messages }>('./*/zh-CN.ts', { eager: true })
const english = import.meta.glob<{ default: Messages }>('./*/en.ts', { eager: true })

function byFolder(files: Record<string, { default: Messages }>): Messages {
	const all: Messages = {}
	for (const [path, file] of Object.entries(files)) all[path.split('/').at(-2)!] = file.default
	return all
}

export const i18n = makeI18n(byFolder(found), byFolder(english))
export const t = i18n.global.t
