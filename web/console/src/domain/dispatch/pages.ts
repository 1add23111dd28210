import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/dispatch',
		component: () => import('./DispatchPage.vue'),
		meta: { permission: 'dispatch.assign', menu: { group: 'dispatch', text: 'dispatch.title', order: 30 }, title: 'dispatch.title' },
	},
] satisfies RouteRecordRaw[]
