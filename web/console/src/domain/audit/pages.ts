import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/audit',
		component: () => import('./AuditPage.vue'),
		meta: { permission: 'audit.view', menu: { group: 'system', text: 'audit.title', order: 91 }, title: 'audit.title' },
	},
] satisfies RouteRecordRaw[]
