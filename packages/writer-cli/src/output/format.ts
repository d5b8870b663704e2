import type { Value } from '@forge/writer-core'

/** Returns a stored value as text; null is empty. */
export function valueText(value: Value | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

/** Returns a stored timestamp to the second, such as `2024-01-01 10:00:00`. */
export function timeText(value: Value | undefined): string {
  return typeof value === 'string' ? value.slice(0, 19).replace('T', ' ') : ''
}

/** Returns a stored timestamp to the minute, such as `2024-01-01 10:00`. */
export function minuteText(value: Value | undefined): string {
  return timeText(value).slice(0, 16)
}

/** Returns a number such as `1,234,567`; empty for null. */
export function countText(value: Value | undefined): string {
  return value === null || value === undefined ? '' : Number(value).toLocaleString('en-US')
}

/** Returns seconds such as `0.004 s`, `12.3 s`, `2m 05s` or `3h 02m`; empty for null. */
export function durationText(value: Value | undefined): string {
  if (value === null || value === undefined) return ''
  const seconds = Number(value)
  if (seconds < 1) return `${seconds.toFixed(3)} s`
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${padTo2(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h ${padTo2(Math.floor((whole % 3600) / 60))}m`
}

/** Returns a size such as `512 B`, `1.4 kB` or `23.1 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`
}

/** Returns a percentage such as `97.5 %`; empty for null. */
export function percentText(value: Value | undefined): string {
  return value === null || value === undefined ? '' : `${Number(Number(value).toFixed(2))} %`
}

function padTo2(value: number): string {
  return String(value).padStart(2, '0')
}
