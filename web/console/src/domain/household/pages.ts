import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/households',
		component: () => import('./HouseholdsPage.vue'),
		meta: { permission: 'household.view', menu: { group: 'customer', text: 'household.list', order: 40 }, title: 'household.list' },
	},
	{
		path: '/households/:id(\\d+)',
		component: () => import('./HouseholdPage.vue'),
		props: (route) => ({ id: Number(route.params.id) }),
		meta: { permission: 'household.view', title: 'household.one' },
	},
	{
		path: '/persons/:id(\\d+)',
		component: () => import('./PersonPage.vue'),
		props: (route) => ({ id: Number(route.params.id) }),
		meta: { permission: 'household.view', title: 'household.person' },
	},
] satisfies RouteRecordRaw[]
