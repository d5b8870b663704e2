/** The clock of the zone in which times are printed. */
export interface Clock {
  /** The zone as it is printed next to times, such as `UTC` or `Europe/Berlin`. */
  readonly zone: string
  /** Returns a stored timestamp to the second, such as `2024-01-01 10:00:00`; empty without one. */
  second(value: unknown): string
  /** Returns a stored timestamp to the minute, such as `2024-01-01 10:00`; empty without one. */
  minute(value: unknown): string
  /** Returns a stored timestamp to the second with its zone, for sentences; empty without one. */
  withZone(value: unknown): string
}

/** Creates the clock of a zone. Throws RangeError for a zone that is not in the time zone database. */
export function createClock(zone = 'UTC'): Clock {
  const second = zone === 'UTC' ? plainText : localText(zone)
  return {
    zone,
    second,
    minute: (value) => second(value).slice(0, 16),
    withZone(value) {
      const text = second(value)
      return text === '' ? '' : `${text} ${zone}`
    },
  }
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 19).replace('T', ' ') : ''
}

function localText(timeZone: string): (value: unknown) => string {
  const two = '2-digit'
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  })
  return (value) => {
    const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
    // A value outside the calendar, such as an infinite one, is printed as it is stored.
    return Number.isNaN(ms) ? plainText(value) : format.format(ms)
  }
}
