import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/rulebook',
		component: () => import('./RulebookPage.vue'),
		meta: { permission: 'rulebook.view', menu: { group: 'measure', text: 'rulebook.title', order: 60 }, title: 'rulebook.title' },
	},
] satisfies RouteRecordRaw[]
