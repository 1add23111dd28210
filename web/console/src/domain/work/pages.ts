import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/work',
		component: () => import('./WorkPage.vue'),
		meta: { menu: { group: 'work', text: 'work.title', order: 10 }, title: 'work.title' },
	},
] satisfies RouteRecordRaw[]
