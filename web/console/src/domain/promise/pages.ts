import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/promises',
		component: () => import('./PromisesPage.vue'),
		meta: { permission: 'promise.view', menu: { group: 'rules', text: 'promise.title', order: 80 }, title: 'promise.title' },
	},
	{
		path: '/calendars',
		component: () => import('./CalendarsPage.vue'),
		meta: { permission: 'promise.view', menu: { group: 'rules', text: 'promise.calendar', order: 81 }, title: 'promise.calendar' },
	},
] satisfies RouteRecordRaw[]
