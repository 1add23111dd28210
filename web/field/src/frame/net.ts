// What the phone can reach, in words: the lamp in the head of every page.
import { computed, reactive } from 'vue'
import { watchConnection } from '@ui/events'

const state = reactive({ network: navigator.onLine, stream: false, everStood: false })
addEventListener('online', () => (state.network = true))
addEventListener('offline', () => (state.network = false))
watchConnection((connected) => {
	state.stream = connected
	if (connected) state.everStood = true
})

export type Lamp = 'online' | 'weak' | 'offline'
export const lamp = computed<Lamp>(() => (!state.network ? 'offline' : state.stream || !state.everStood ? 'online' : 'weak'))
