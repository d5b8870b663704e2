export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000

/** Days on which month-end jobs behave unlike others: some close a month on one day, others over several. */
export const SPECIAL_DAYS = [
  'lastDay',
  'secondLastDay',
  'thirdLastDay',
  'fourthLastDay',
  'firstDay',
  'lastBusinessDay',
  'firstBusinessDay',
] as const
export type SpecialDay = (typeof SPECIAL_DAYS)[number]

export interface DayFacts {
  /** 0 (Monday) to 6 (Sunday). */
  readonly dayOfWeek: number
  readonly isWeekend: boolean
  readonly special: readonly SpecialDay[]
}

/** `YYYY-MM-DD` */
export function dateOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

// Times here are what the clocks of a zone show, as if it were UTC.

/** Whole days since 1970. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS)
}

/** Whole weeks since the first Monday of 1970. */
export function weekOf(timeMs: number): number {
  return Math.floor((dayOf(timeMs) - 4) / 7)
}

/** 0-23 */
export function hourOf(timeMs: number): number {
  return Math.floor((timeMs - dayOf(timeMs) * DAY_MS) / HOUR_MS)
}

export function dayOfWeek(timeMs: number): number {
  return (((dayOf(timeMs) + 3) % 7) + 7) % 7
}

// Every series asks for the same few days, and dates are slow to take apart.
const known = new Map<number, DayFacts>()
const MOST_KNOWN = 4000

export function dayFacts(day: number): DayFacts {
  const found = known.get(day)
  if (found) return found
  if (known.size >= MOST_KNOWN) known.clear()
  const facts = makeFacts(day)
  known.set(day, facts)
  return facts
}

function makeFacts(day: number): DayFacts {
  const weekday = (((day + 3) % 7) + 7) % 7
  const isBusiness = weekday < 5
  const special: SpecialDay[] = []
  const before = [1, 2, 3, 4].find((days) => monthOf(day + days) !== monthOf(day))
  const last = (['lastDay', 'secondLastDay', 'thirdLastDay', 'fourthLastDay'] as const)[(before ?? 0) - 1]
  if (last) special.push(last)
  if (monthOf(day - 1) !== monthOf(day)) special.push('firstDay')
  // After a Friday comes a Monday, before a Monday a Friday.
  if (isBusiness && monthOf(day + (weekday === 4 ? 3 : 1)) !== monthOf(day)) special.push('lastBusinessDay')
  if (isBusiness && monthOf(day - (weekday === 0 ? 3 : 1)) !== monthOf(day)) special.push('firstBusinessDay')
  return { dayOfWeek: weekday, isWeekend: !isBusiness, special }
}

function monthOf(day: number): number {
  return new Date(day * DAY_MS).getUTCMonth()
}

/** Month and day of the days on which those who rest at weekends rest in most of the world. */
const RESTED_ON: ReadonlySet<string> = new Set(['12-24', '12-25', '12-26', '12-31', '01-01'])

/** Whether it is a day, not at a weekend, on which those who rest at weekends are likely to rest. */
export function isDayOfRest(timeMs: number): boolean {
  return RESTED_ON.has(dateOf(timeMs).slice(5))
}
