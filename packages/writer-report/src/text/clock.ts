import { UNKNOWN } from '@forge/writer-core/text'

/** Times of a zone as text. */
export interface Clock {
  readonly timeZone: string
  /** Returns `2026-11-29 06:00`. */
  minute(iso: string | null | undefined): string
  /** Returns `2026-11-29 06:00:05`. */
  second(iso: string | null | undefined): string
  /** Returns `2026-11-29`. */
  date(iso: string | null | undefined): string
  /** Returns the minutes since midnight, 0-1439; NaN for a time that is not known. */
  minuteOfDay(iso: string): number
  /** Times with the zone, for sentences: `2026-11-29 06:00 UTC`. */
  readonly zoned: Pick<Clock, 'minute' | 'second'>
  /** Returns the header of a column of times: `Started (UTC)`. */
  header(name: string): string
  /** Returns `29 Nov`. */
  day(iso: string | null | undefined): string
  /** Returns `06:00`. */
  time(ms: number): string
}

/** Creates the clock of a zone. Throws RangeError for a zone that is not in the time zone database. */
export function clockOf(timeZone: string): Clock {
  const format = (options: Intl.DateTimeFormatOptions, locale = 'sv-SE') => {
    const formatter = new Intl.DateTimeFormat(locale, { timeZone, ...options })
    return (iso: string | null | undefined) => {
      const date = new Date(iso ?? Number.NaN)
      return Number.isNaN(date.getTime()) ? UNKNOWN : formatter.format(date)
    }
  }
  const date = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  const minute = { hour: '2-digit', minute: '2-digit' } as const
  const time = format(minute)
  const times = {
    minute: format({ ...date, ...minute }),
    second: format({ ...date, ...minute, second: '2-digit' }),
  }
  const withZone = (text: string) => (text === UNKNOWN ? text : `${text} ${timeZone}`)
  return {
    timeZone,
    ...times,
    zoned: { minute: (iso) => withZone(times.minute(iso)), second: (iso) => withZone(times.second(iso)) },
    header: (name) => `${name} (${timeZone})`,
    date: format(date),
    minuteOfDay: (iso) => {
      const [hours = Number.NaN, minutes = Number.NaN] = time(iso).split(':').map(Number)
      return 60 * hours + minutes
    },
    day: format({ day: 'numeric', month: 'short' }, 'en-GB'),
    time: (ms) => time(new Date(ms).toISOString()),
  }
}
