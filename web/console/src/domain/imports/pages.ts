import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/imports',
		component: () => import('./ImportsPage.vue'),
		meta: { permission: 'household.import', menu: { group: 'customer', text: 'imports.title', order: 41 }, title: 'imports.title' },
	},
] satisfies RouteRecordRaw[]
