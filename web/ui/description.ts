// The API describes itself; lists and forms are made from that description, so that a new module gets its screens by
// declaring itself.

export interface Choice {
	code: string
	label: string
}

export interface FieldDescription {
	name: string
	label: string
	type: string
	format?: string
	required: boolean
	readOnly: boolean
	inList: boolean
	filter: boolean
	sort: boolean
	longText: boolean
	maxLength?: number
	minimum?: number
	maximum?: number
	choices?: Choice[]
	refers?: string
	help?: string
	personal?: string
}

let document: Promise<any> | undefined

export function description(): Promise<any> {
	document ??= fetch('/api/openapi.json').then((answer) => answer.json())
	return document
}

/** The fields of a schema ("household"), in the order in which the module declares them. */
export async function fieldsOf(schema: string): Promise<FieldDescription[]> {
	const found = (await description()).components?.schemas?.[schema]
	if (!found) return []
	const required: string[] = found.required ?? []
	return Object.entries<any>(found.properties ?? {}).map(([name, p]) => ({
		name,
		label: p['x-label'] ?? p.title ?? name,
		type: Array.isArray(p.type) ? p.type[0] : p.type,
		format: p.format,
		required: required.includes(name),
		readOnly: !!p.readOnly,
		inList: !!p['x-list'],
		filter: !!p['x-filter'],
		sort: !!p['x-sort'],
		longText: !!p['x-long'],
		maxLength: p.maxLength,
		minimum: p.minimum,
		maximum: p.maximum,
		choices: p['x-choices'],
		refers: p['x-refers'],
		help: p.description,
		personal: p['x-personal'],
	}))
}

/** Labels of a choice field by code. */
export async function choicesOf(schema: string, field: string): Promise<Record<string, string>> {
	const found = (await fieldsOf(schema)).find((f) => f.name === field)
	return Object.fromEntries((found?.choices ?? []).map((c) => [c.code, c.label]))
}

