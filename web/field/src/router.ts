// One page per thing that is done on site, so that the phone's back button does what one expects and nothing lies in a
// window that a stray touch closes.
import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import { resume, session } from '@ui/session'
import { t } from './texts'

declare module 'vue-router' {
	interface RouteMeta {
		open?: boolean
		title?: string
	}
}

const withId = (route: RouteLocationNormalized) => ({ ...route.params, id: Number(route.params.id) })
const onOrder = (path: string, component: () => Promise<unknown>, title: string) => ({
	path: `/orders/:id(\\d+)${path}`,
	component,
	props: withId,
	meta: { title },
})

export const router = createRouter({
	history: createWebHistory('/field/'),
	scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
	routes: [
		{ path: '/login', component: () => import('./frame/LoginPage.vue'), meta: { open: true, title: 'frame.login.title' } },
		{ path: '/', component: () => import('./route/RoutePage.vue'), meta: { title: 'route.title' } },
		{ path: '/badge', component: () => import('./me/BadgePage.vue'), meta: { title: 'me.badge' } },
		{ path: '/me', component: () => import('./me/MePage.vue'), meta: { title: 'me.title' } },
		onOrder('', () => import('./order/OrderPage.vue'), 'order.title'),
		onOrder('/arrive', () => import('./order/ArrivePage.vue'), 'order.arrive.title'),
		onOrder('/photos/:kind(before|after|arrival)', () => import('./order/PhotosPage.vue'), 'order.photos.title'),
		onOrder('/quote', () => import('./order/QuotePage.vue'), 'order.quote.title'),
		onOrder('/consent', () => import('./order/ConsentPage.vue'), 'order.consent.title'),
		onOrder('/work', () => import('./order/WorkPage.vue'), 'order.work.title'),
		onOrder('/leaving', () => import('./order/LeavingPage.vue'), 'order.leaving.title'),
		onOrder('/sign', () => import('./order/SignPage.vue'), 'order.sign.title'),
		onOrder('/finish', () => import('./order/FinishPage.vue'), 'order.finish.title'),
		onOrder('/reason/:step', () => import('./order/ReasonPage.vue'), 'order.reason.title'),
		{ path: '/:rest(.*)*', redirect: '/' },
	],
})

router.beforeEach(async (to) => {
	if (to.meta.open || session.me) return true
	return (await resume()) || { path: '/login', query: { next: to.fullPath } }
})
router.afterEach((to) => {
	document.title = `${to.meta.title ? t(to.meta.title) : ''} · ${t('frame.product')}`
})
