import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/revisits',
		component: () => import('./RevisitsPage.vue'),
		meta: { permission: 'revisit.view', menu: { group: 'revisit', text: 'revisit.title', order: 50 }, title: 'revisit.title' },
	},
	{
		path: '/revisits/:id(\\d+)',
		component: () => import('./RevisitsPage.vue'),
		props: (route) => ({ id: Number(route.params.id) }),
		meta: { permission: 'revisit.view', title: 'revisit.title' },
	},
] satisfies RouteRecordRaw[]
