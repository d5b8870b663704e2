import { zoneClock } from '@forge/writer-core/storage'
import { UsageError } from './usage-error.ts'

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/**
 * Parses an age such as `7d` before `now`, or ISO 8601 text, which is a time of `timeZone` (default: UTC) if it has no zone. Throws UsageError.
 */
export function parseMoment(text: string, now: Date, timeZone = 'UTC'): Date {
  const ago = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(text.trim())
  if (ago) return new Date(now.getTime() - Number(ago[1]) * UNITS_MS[ago[2] as keyof typeof UNITS_MS])
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(text.trim())
  const isTime = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$/.test(text.trim())
  const withTime = /[T ]/.test(text.trim()) ? text.trim().replace(' ', 'T') : `${text.trim()}T00:00:00`
  const date = new Date(hasZone ? withTime : `${withTime}Z`)
  if (isTime && !Number.isNaN(date.getTime()))
    return hasZone ? date : new Date(zoneClock(timeZone).instantOf(date.getTime()))
  throw new UsageError(`"${text}" is not a valid time`, {
    suggestions: ['Use a time such as 90m, 12h, 7d, 2w, 2024-01-31 or 2024-01-31T08:00Z.'],
  })
}
