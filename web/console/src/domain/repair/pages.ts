import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/repairs',
		component: () => import('./RepairsPage.vue'),
		meta: { permission: 'repair.view', menu: { group: 'intake', text: 'repair.list', order: 21 }, title: 'repair.list' },
	},
	{
		path: '/repairs/:id(\\d+)',
		component: () => import('./RepairPage.vue'),
		props: (route) => ({ id: Number(route.params.id) }),
		meta: { permission: 'repair.view', title: 'repair.one' },
	},
] satisfies RouteRecordRaw[]
