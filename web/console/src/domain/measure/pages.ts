import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/measures',
		component: () => import('./MeasuresPage.vue'),
		meta: { permission: 'measure.view', menu: { group: 'measure', text: 'measure.title', order: 61 }, title: 'measure.title' },
	},
	{
		path: '/measures/:code',
		component: () => import('./MeasureRowsPage.vue'),
		props: true,
		meta: { permission: 'measure.view', title: 'measure.rows' },
	},
] satisfies RouteRecordRaw[]
