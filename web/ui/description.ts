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

const schemaName = (node: any): string => String(node?.$ref ?? '').split('/').pop() ?? ''
const json = (content: any) => content?.content?.['application/json']?.schema

/** The schema of a list's rows ("/notices" → "notice"). */
export async function schemaOfList(path: string): Promise<string> {
	const found = json((await operation('get', path))?.responses?.['200'])
	return schemaName(found?.properties?.items?.items)
}

/** The schema of what a form sends there ("post", "/staff/7/certificates" → "staff_certificate"). */
export async function schemaOfBody(method: 'post' | 'put', path: string): Promise<string> {
	return schemaName(json((await operation(method, path))?.requestBody))
}

async function operation(method: string, path: string): Promise<any> {
	const template = `/api/v1${path.replace(/\/\d+(?=\/|$)/g, '/{id}')}`
	return (await description()).paths?.[template]?.[method]
}

/** Labels of a choice field by code. */
export async function choicesOf(schema: string, field: string): Promise<Record<string, string>> {
	const found = (await fieldsOf(schema)).find((f) => f.name === field)
	return Object.fromEntries((found?.choices ?? []).map((c) => [c.code, c.label]))
}

