import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/notices',
		component: () => import('./NoticesPage.vue'),
		meta: { permission: 'notice.view', menu: { group: 'system', text: 'notice.title', order: 90 }, title: 'notice.title' },
	},
] satisfies RouteRecordRaw[]
