import { WriterConfigurationError } from '@forge/writer-core'

/** A part of the day in which only critical alerts are sent. */
export interface QuietHours {
  isQuiet(at: Date): boolean
}

const PART_OF_DAY = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)(?: (\S+))?$/

/** Reads `22:00-07:00`, in UTC or followed by a time zone. Throws WriterConfigurationError for any other text. */
export function quietHours(text: string): QuietHours {
  const [, from, to, timeZone = 'UTC'] = PART_OF_DAY.exec(text) ?? []
  if (from === undefined || to === undefined || from === to) throw invalid(text)
  const clock = clockOf(timeZone, text)
  return {
    isQuiet(at) {
      const time = clock.format(at)
      return from <= to ? from <= time && time < to : time >= from || time < to
    },
  }
}

function clockOf(timeZone: string, text: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  } catch {
    throw invalid(text)
  }
}

function invalid(text: string): WriterConfigurationError {
  return new WriterConfigurationError(`alerts: invalid quietHours: ${text}`, {
    suggestions: ['Write 22:00-07:00, or 22:00-07:00 Europe/Berlin.'],
    committed: 'no',
  })
}
