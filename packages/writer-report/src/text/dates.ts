import { DAY_MS } from '@forge/writer-core/storage'

/** Returns the day `days` after a day; days are `YYYY-MM-DD`. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** Returns the day of the week, 0 (Monday) to 6. */
export function weekdayOf(day: string): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
}

/** Returns the days from one day to another, both included; at most `max`, the last ones. */
export function daysBetween(first: string, last: string, max: number): string[] {
  const count = Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS) + 1
  const shown = Math.max(0, Math.min(max, count))
  return Array.from({ length: shown }, (_none, at) => addDays(last, at - shown + 1))
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** Returns the month of a day, such as `Nov`. */
export function monthText(day: string): string {
  return MONTHS[Number(day.slice(5, 7)) - 1] ?? ''
}

/** Returns a day such as `29 Nov`. */
export function dayText(day: string): string {
  return `${Number(day.slice(8, 10))} ${monthText(day)}`
}
