// How a value of the API description is shown in a list or on a page.
import { cubicMetres, instantText, yuan } from '@ui/format'
import type { FieldDescription } from '@ui/description'
import { t } from '../texts'

export function cellText(field: FieldDescription, value: unknown): string {
	if (value === null || value === undefined || value === '') return '—'
	if (field.choices) return field.choices.find((c) => c.code === value)?.label ?? String(value)
	if (field.type === 'boolean') return value ? t('generic.yes') : t('generic.no')
	if (field.format === 'date-time') return instantText(String(value))
	if (field.name.endsWith('_fen')) return yuan(Number(value))
	if (field.name.endsWith('_litre')) return cubicMetres(Number(value))
	return String(value)
}
