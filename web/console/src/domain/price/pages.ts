import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/prices',
		component: () => import('./PricesPage.vue'),
		meta: { permission: 'price.view', menu: { group: 'rules', text: 'price.title', order: 82 }, title: 'price.title' },
	},
] satisfies RouteRecordRaw[]
