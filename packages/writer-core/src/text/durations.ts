import { type Figure, UNKNOWN } from './figures.ts'

/** Returns seconds in their natural unit, such as `4 ms`, `12.3 s`, `2 min 05 s`, `3 h 02 min`, `2 d 4 h`; `–` if they are not known. */
export function durationText(seconds: Figure): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN
  if (seconds < 0) return `-${durationText(-seconds)}`
  if (seconds === 0) return '0 s'
  if (seconds < 0.0995) return `${Number((seconds * 1000).toPrecision(2))} ms`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${padTo2(whole % 60)} s`
  // Whole units are rounded first, so that no remainder is rounded up to a whole unit.
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${padTo2(minutes % 60)} min`
  const hours = Math.round(seconds / 3600)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** Returns the unit in which durations up to a length are drawn. */
export function durationUnit(maxSecs: number): { readonly name: string; readonly secs: number } {
  if (maxSecs >= 2 * 86_400) return { name: 'd', secs: 86_400 }
  if (maxSecs >= 2 * 3600) return { name: 'h', secs: 3600 }
  if (maxSecs >= 120) return { name: 'min', secs: 60 }
  return maxSecs >= 1 ? { name: 's', secs: 1 } : { name: 'ms', secs: 0.001 }
}

/** Returns how long before `now` an instant was, such as `4 h ago`, or `in 2 h`; `–` if it is not known. Both are ISO 8601. */
export function ageText(iso: string | null | undefined, now: string): string {
  const ms = Date.parse(now) - Date.parse(iso ?? '')
  if (Number.isNaN(ms)) return UNKNOWN
  const text = spanText(Math.abs(ms))
  if (ms >= 0) return text === '' ? 'just now' : `${text} ago`
  return text === '' ? 'now' : `in ${text}`
}

function spanText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return ''
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

function padTo2(value: number): string {
  return String(value).padStart(2, '0')
}
