import type { Value } from '@forge/writer-core'

/** A stored value as text; null is empty. */
export function valueText(value: Value | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

/** `2024-01-01 10:00:00` of a stored timestamp; seconds are enough to read by. */
export function timeText(value: Value | undefined): string {
  return typeof value === 'string' ? value.slice(0, 19).replace('T', ' ') : ''
}

/** `1,234,567`; empty for null. */
export function countText(value: Value | undefined): string {
  return value === null || value === undefined ? '' : Number(value).toLocaleString('en-US')
}

/** `0.004 s`, `12.3 s`, `2m 05s`, `3h 02m` of seconds; empty for null. */
export function durationText(value: Value | undefined): string {
  if (value === null || value === undefined) return ''
  const seconds = Number(value)
  if (seconds < 1) return `${seconds.toFixed(3)} s`
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${padded(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h ${padded(Math.floor((whole % 3600) / 60))}m`
}

/** `512 B`, `1.4 kB`, `23.1 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`
}

/** `97.5 %`; empty for null. */
export function percentText(value: Value | undefined): string {
  return value === null || value === undefined ? '' : `${Number(Number(value).toFixed(2))} %`
}

function padded(value: number): string {
  return String(value).padStart(2, '0')
}
