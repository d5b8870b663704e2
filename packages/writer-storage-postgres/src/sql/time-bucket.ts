import type { TimeBucket, TimePart } from '@forge/writer-core'
import type { ParameterList } from './parameters.ts'

/** The names of zones that the server reads as the database of zones has them: a short name may be an abbreviation there, without a change of clocks. */
const REGION = /^[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+$/

/** Returns the start of the bucket of a timestamp; undefined for a zone whose name may have another meaning in the server. */
export function bucketSql(
  time: string,
  bucket: TimeBucket,
  timeZone: string | undefined,
  list: ParameterList,
): string | undefined {
  if (bucket === 'hour') return `to_timestamp(floor(extract(epoch from ${time}) / 3600) * 3600)`
  const zone = zoneSql(timeZone, list)
  if (zone === undefined) return undefined
  if (zone === UTC) return `(date_trunc('${bucket}', ${time} at time zone ${UTC}) at time zone ${UTC})`
  // If midnight occurs twice, the server takes the second one. The first is 24 hours after the midnight before.
  return `(select case when s.early at time zone ${zone} = s.local then least(s.early, s.start) else s.start end
    from (select m.local, m.local at time zone ${zone} as start,
      (m.local - interval '1 day') at time zone ${zone} + interval '24 hours' as early
      from (select date_trunc('${bucket}', ${time} at time zone ${zone}) as local offset 0) as m offset 0) as s)`
}

/** Returns a part of a timestamp; undefined for a zone whose name may have another meaning in the server. */
export function partSql(
  time: string,
  part: TimePart,
  timeZone: string | undefined,
  list: ParameterList,
): string | undefined {
  const zone = zoneSql(timeZone, list)
  return zone && `extract(${FIELDS[part]} from ${time} at time zone ${zone})::bigint`
}

const UTC = `'UTC'`
const FIELDS: Readonly<Record<TimePart, string>> = { hourOfDay: 'hour', dayOfWeek: 'isodow', dayOfMonth: 'day' }

function zoneSql(timeZone = 'UTC', list: ParameterList): string | undefined {
  if (timeZone === 'UTC') return UTC
  return REGION.test(timeZone) ? list.add(timeZone, 'text') : undefined
}
