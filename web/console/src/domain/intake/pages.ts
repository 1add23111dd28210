import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/intake',
		component: () => import('./IntakePage.vue'),
		meta: { permission: 'repair.file', menu: { group: 'intake', text: 'intake.title', order: 20 }, title: 'intake.title' },
	},
] satisfies RouteRecordRaw[]
