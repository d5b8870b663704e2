import { type OptionSpec, text } from './option.ts'
import { UsageError } from './usage-error.ts'

/** The option of every command that prints times or takes them. */
export const ZONE_OPTION = {
  timeZone: zone('Time zone of printed times, and of given times without a zone, such as Europe/Berlin; default: UTC'),
}

/** Creates an option that takes a time zone. */
export function zone(description: string): OptionSpec<string | undefined> {
  return { ...text(description, { value: 'zone' }), parse: checkZone }
}

function checkZone(given: string): string {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: given })
    return given
  } catch {
    throw new UsageError('must be a time zone such as UTC or Europe/Berlin')
  }
}
