import { parseMoment } from './moment.ts'
import { integer, type OptionValues, text } from './option.ts'
import { UsageError } from './usage-error.ts'
import { ZONE_OPTION } from './zone-option.ts'

/** Options of every command that evaluates a period. */
export const PERIOD_OPTIONS = {
  days: integer('Only runs that started in the last n days', { short: 'd', min: 1 }),
  since: text('Only runs that started at or after this time: 90m, 12h, 7d, 2w, or ISO 8601', { value: 'time' }),
  until: text('Only runs that started before this time', { value: 'time' }),
  ...ZONE_OPTION,
}

/** Returns the period for the functions of analytics; `otherwise` is the number of days if no option is given. Throws UsageError. */
export function periodOptions(
  { days, since, until, timeZone }: OptionValues<typeof PERIOD_OPTIONS>,
  { now, otherwise }: { readonly now: () => Date; readonly otherwise: number },
) {
  if (days !== undefined && since !== undefined) throw new UsageError('--days and --since cannot be used together')
  const to = until === undefined ? undefined : parseMoment(until, now(), timeZone)
  if (since !== undefined) return { now, from: parseMoment(since, now(), timeZone), to }
  return { now, days: days ?? otherwise, to }
}
