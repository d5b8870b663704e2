/** The sign for a figure that is not known. */
export const UNKNOWN = '–'

/** Returns a number such as `1,234,567`. */
export function countText(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? UNKNOWN : value.toLocaleString('en-US')
}

/** Returns a number in a few characters, such as `1.2 M`. */
export function shortCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN
  if (Math.abs(value) < 10_000) return countText(value)
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
    .format(value)
    .replace(/(\D)$/, ' $1')
}

/** Returns seconds in their natural unit: `4 ms`, `12.3 s`, `2 min 05 s`, `3 h 02 min`, `2 d 4 h`. */
export function durationText(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN
  if (seconds < 0) return `-${durationText(-seconds)}`
  if (seconds === 0) return '0 s'
  if (seconds < 0.0995) return `${Number((seconds * 1000).toPrecision(2))} ms`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${padTo2(whole % 60)} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${padTo2(minutes % 60)} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** Returns the unit in which durations up to a length are drawn. */
export function durationUnit(maxSecs: number): { readonly name: string; readonly secs: number } {
  if (maxSecs >= 2 * 86_400) return { name: 'd', secs: 86_400 }
  if (maxSecs >= 2 * 3600) return { name: 'h', secs: 3600 }
  if (maxSecs >= 120) return { name: 'min', secs: 60 }
  return maxSecs >= 1 ? { name: 's', secs: 1 } : { name: 'ms', secs: 0.001 }
}

/** Returns a percentage such as `97.5 %`. */
export function percentText(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? UNKNOWN : `${Number(value.toFixed(2))} %`
}

/** Returns a change such as `+12 %`, or `× 8.5` for what grew to several times as much; empty if it is not known or below 1 %. */
export function changeText(percent: number | null): string {
  if (percent === null || Math.abs(percent) < 1) return ''
  if (percent >= 300) return `× ${Number((1 + percent / 100).toPrecision(2)).toLocaleString('en-US')}`
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(0)} %`
}

/** Returns a size such as `23.1 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`
}

/** Returns how long before `now` an instant was, such as `4 h ago`, or `in 2 h`. */
export function ageText(iso: string | null | undefined, now: string): string {
  const ms = Date.parse(now) - Date.parse(iso ?? '')
  if (Number.isNaN(ms)) return UNKNOWN
  const text = spanText(Math.abs(ms))
  return ms >= 0 ? (text === '' ? 'just now' : `${text} ago`) : text === '' ? 'now' : `in ${text}`
}

function spanText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return ''
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h`
  return `${Math.floor(hours / 24)} d`
}

/** Returns a count with the words for one or for several. */
export function countOf(count: number, one: string, several: string): string {
  return `${countText(count)} ${count === 1 ? one : several}`
}

/** Returns the text in at most `max` characters, cut in the middle: both ends of a name distinguish it from others. */
export function cutMiddle(text: string, max: number): string {
  const characters = [...text.slice(0, 4 * max), ...(text.length > 8 * max ? [] : text.slice(4 * max))]
  if (characters.length <= max && text.length <= 8 * max) return text
  const head = Math.ceil((max - 1) * 0.6)
  return `${characters.slice(0, head).join('')}…${[...text.slice(-2 * max)].slice(-(max - 1 - head)).join('')}`
}

/** Returns the first line of a text, in at most `max` characters. */
export function firstLine(text: string | null | undefined, max = 200): string {
  const [line = ''] = (text ?? '').trim().split(/\r?\n/, 1)
  const characters = [...line.slice(0, 2 * max)]
  return characters.length > max || line.length > 2 * max ? `${characters.slice(0, max - 1).join('')}…` : line
}

function padTo2(value: number): string {
  return String(value).padStart(2, '0')
}
