import { WriterConfigurationError } from '@forge/writer-core'

const DAY_MS = 86_400_000

/** Local time of a zone. */
export interface ZoneTime {
  /** What clocks show beyond UTC at an instant, milliseconds. */
  offsetMs(instantMs: number): number
  /** `YYYY-MM-DD` at an instant. */
  dateOf(instantMs: number): string
  /** The instant at which clocks show this time of that day; the later one where the clocks jump over it, the first where they show it twice. */
  instantOf(date: string, secondsOfDay: number): number
}

/** Throws WriterConfigurationError where there is no such zone. */
export function zoneTime(timeZone: string): ZoneTime {
  const format = formatOf(timeZone)
  const offsetMs = (instantMs: number) => {
    const parts = format.formatToParts(instantMs)
    const part = (type: string) => Number(parts.find((each) => each.type === type)?.value)
    const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return shown - Math.floor(instantMs / 1000) * 1000
  }
  return {
    offsetMs,
    dateOf: (instantMs) => new Date(instantMs + offsetMs(instantMs)).toISOString().slice(0, 10),
    instantOf(date, secondsOfDay) {
      const shown = Date.parse(`${date}T00:00:00Z`) + secondsOfDay * 1000
      const [before, after] = [offsetMs(shown - DAY_MS), offsetMs(shown + DAY_MS)]
      const fits = [shown - before, shown - after].filter((instant) => instant + offsetMs(instant) === shown)
      return fits.length > 0 ? Math.min(...fits) : shown - Math.min(before, after)
    },
  }
}

/** The calendar day `days` after one. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  } catch (cause) {
    throw new WriterConfigurationError(`unknown time zone ${timeZone}`, {
      cause,
      suggestions: ['Use a name of the tz database, such as Europe/Berlin.'],
    })
  }
}
