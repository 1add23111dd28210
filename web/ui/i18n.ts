// Every text on a screen goes through here: t('repair.step.accept'). Messages lie beside the pages that use them, in
// zh-CN.ts files; English follows in en.ts files with the same keys, and falls back to Chinese where it has none yet.
import { createI18n } from 'vue-i18n'

export type Messages = { [key: string]: string | Messages }

export function makeI18n(zh: Messages, en: Messages = {}) {
	return createI18n({
		legacy: false,
		locale: localStorage.getItem('qifu.locale') ?? 'zh-CN',
		fallbackLocale: 'zh-CN',
		messages: { 'zh-CN': zh, en } as any,
		missingWarn: false,
		fallbackWarn: false,
	})
}
