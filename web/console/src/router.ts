// Each module's folder brings its pages: domain/MODULE/pages.ts. A page says where it stands in the menu and which
// permission opens it; routes with x-menu in the API description get a generic list page of their own.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { may, resume, session } from '@ui/session'

export interface MenuPlace {
	/** Group of the menu: key of frame.menu.* */
	group: string
	/** Key of the text shown. */
	text: string
	/** Smaller comes first. */
	order: number
}

declare module 'vue-router' {
	interface RouteMeta {
		permission?: string
		menu?: MenuPlace
		/** Key of the page's title. */
		title?: string
		open?: boolean
	}
}

const files = import.meta.glob<{ default: RouteRecordRaw[] }>('./domain/*/pages.ts', { eager: true })
const pages = Object.values(files).flatMap((file) => file.default)

export const router = createRouter({
	history: createWebHistory('/console/'),
	routes: [
		{ path: '/login', component: () => import('./frame/LoginPage.vue'), meta: { open: true, title: 'frame.login.title' } },
		{
			path: '/',
			component: () => import('./frame/FramePage.vue'),
			children: [
				...pages,
				{ path: 'lists/:schema', component: () => import('./generic/ListPage.vue'), props: true },
				{ path: ':rest(.*)*', component: () => import('./frame/NotFound.vue'), meta: { title: 'frame.notFound.title' } },
			],
		},
	],
})

router.beforeEach(async (to) => {
	if (to.meta.open) return true
	if (!session.me && !(await resume())) return { path: '/login', query: { next: to.fullPath } }
	if (to.path === '/') return session.me!.home || '/work'
	if (to.meta.permission && !may(to.meta.permission)) return { path: '/not-allowed', query: { page: to.fullPath } }
	return true
})
