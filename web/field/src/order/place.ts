// Where the phone is, or in plain words why that isn't known.
import { t } from '../texts'

export interface Place {
	longitude_e6: number
	latitude_e6: number
	/** Metres. */
	accuracy: number
}

export function findPlace(): Promise<Place> {
	return new Promise((resolve, reject) => {
		if (!navigator.geolocation || !window.isSecureContext) {
			reject(new Error(t('order.arrive.unsupported')))
			return
		}
		navigator.geolocation.getCurrentPosition(
			({ coords }) =>
				resolve({
					longitude_e6: Math.round(coords.longitude * 1e6),
					latitude_e6: Math.round(coords.latitude * 1e6),
					accuracy: Math.round(coords.accuracy),
				}),
			(error) => {
				const why = error.code === error.PERMISSION_DENIED ? 'denied' : error.code === error.TIMEOUT ? 'timeout' : 'unavailable'
				reject(new Error(t(`order.arrive.${why}`)))
			},
			{ enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 },
		)
	})
}
