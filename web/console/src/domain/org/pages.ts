import type { RouteRecordRaw } from 'vue-router'

export default [
	{
		path: '/orgs',
		component: () => import('./OrgsPage.vue'),
		meta: { permission: 'org.view', menu: { group: 'people', text: 'org.title', order: 70 }, title: 'org.title' },
	},
	{
		path: '/staff',
		component: () => import('./StaffListPage.vue'),
		meta: { permission: 'staff.view', menu: { group: 'people', text: 'org.staff', order: 71 }, title: 'org.staff' },
	},
	{
		path: '/staff/:id(\\d+)',
		component: () => import('./StaffPage.vue'),
		props: (route) => ({ id: Number(route.params.id) }),
		meta: { permission: 'staff.view', title: 'org.staff' },
	},
	{
		path: '/shifts',
		component: () => import('./ShiftsPage.vue'),
		meta: { permission: 'duty.view', menu: { group: 'people', text: 'org.shifts', order: 72 }, title: 'org.shifts' },
	},
	{
		path: '/keys',
		component: () => import('./KeysPage.vue'),
		meta: { permission: 'key.edit', menu: { group: 'system', text: 'org.keys', order: 92 }, title: 'org.keys' },
	},
] satisfies RouteRecordRaw[]
