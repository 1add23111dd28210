import { createApp } from 'vue'
import 'vant/es/style/base.css'
import './style.css'
import App from './App.vue'
import { router } from './router'
import { i18n } from './texts'

createApp(App).use(i18n).use(router).mount('#app')
