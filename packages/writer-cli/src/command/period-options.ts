import { parseMoment } from './moment.ts'
import { integer, type OptionValues, text } from './option.ts'
import { UsageError } from './usage-error.ts'

/** Options of every command that looks at a period. */
export const PERIOD_OPTIONS = {
  days: integer('Only what started in the last days', { short: 'd', min: 1 }),
  since: text('Only what started since then: 90m, 12h, 7d, 2w, or ISO 8601', { value: 'time' }),
  until: text('Only what started before then', { value: 'time' }),
}

/** The period as the functions of analytics take it; `days` where nothing is given. Throws UsageError. */
export function periodOptions(
  { days, since, until }: OptionValues<typeof PERIOD_OPTIONS>,
  { now, otherwise }: { readonly now: () => Date; readonly otherwise: number },
) {
  if (days !== undefined && since !== undefined) throw new UsageError('give --days or --since, not both')
  const to = until === undefined ? {} : { to: parseMoment(until, now()) }
  if (since !== undefined) return { now, from: parseMoment(since, now()), ...to }
  return { now, days: days ?? otherwise, ...to }
}
