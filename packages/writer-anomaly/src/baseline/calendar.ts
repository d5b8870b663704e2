import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'

/** The days on which month-end jobs behave unlike others: some close a month on one day, others over several. */
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
  /** The weekday, 0 (Monday) to 6 (Sunday). */
  readonly dayOfWeek: number
  readonly isWeekend: boolean
  readonly special: readonly SpecialDay[]
}

/** Returns the date as `YYYY-MM-DD`. */
export function dateOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

// Times in this file are local times of a zone, written as if they were UTC.

/** Returns the whole days since 1970. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS)
}

/** Returns the whole weeks since the first Monday of 1970. */
export function weekOf(timeMs: number): number {
  return Math.floor((dayOf(timeMs) - 4) / 7)
}

/** Returns the hour, 0-23. */
export function hourOf(timeMs: number): number {
  return Math.floor((timeMs - dayOf(timeMs) * DAY_MS) / HOUR_MS)
}

export function dayOfWeek(timeMs: number): number {
  return (((dayOf(timeMs) + 3) % 7) + 7) % 7
}

// Every series needs the same few days, and dates are slow to split into parts.
const known = new Map<number, DayFacts>()
const MAX_KNOWN = 4000

export function dayFacts(day: number): DayFacts {
  const found = known.get(day)
  if (found) return found
  if (known.size >= MAX_KNOWN) known.clear()
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
  // After a Friday the next business day is a Monday; before a Monday it is a Friday.
  if (isBusiness && monthOf(day + (weekday === 4 ? 3 : 1)) !== monthOf(day)) special.push('lastBusinessDay')
  if (isBusiness && monthOf(day - (weekday === 0 ? 3 : 1)) !== monthOf(day)) special.push('firstBusinessDay')
  return { dayOfWeek: weekday, isWeekend: !isBusiness, special }
}

function monthOf(day: number): number {
  return new Date(day * DAY_MS).getUTCMonth()
}

/** The public holidays that large parts of the world share, as month and day. */
const RESTED_ON: ReadonlySet<string> = new Set(['12-24', '12-25', '12-26', '12-31', '01-01', '05-01', '07-04'])

/** Returns whether the day is not at a weekend, but pipelines that rest at weekends are likely to rest. */
export function isDayOfRest(timeMs: number): boolean {
  const date = new Date(timeMs)
  if (RESTED_ON.has(dateOf(timeMs).slice(5))) return true
  // Thanksgiving is the fourth Thursday of November, and many take the Friday off as well.
  const [month, day] = [date.getUTCMonth(), date.getUTCDate()]
  if (
    month === 10 &&
    ((date.getUTCDay() === 4 && day >= 22 && day <= 28) || (date.getUTCDay() === 5 && day >= 23 && day <= 29))
  )
    return true
  const easter = dayOf(easterMs(date.getUTCFullYear()))
  return dayOf(timeMs) === easter - 2 || dayOf(timeMs) === easter + 1
}

/** Returns Easter Sunday of the western churches, by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8). */
function easterMs(year: number): number {
  const golden = year % 19
  const [century, rest] = [Math.floor(year / 100), year % 100]
  const leap = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3)
  const epact = (19 * golden + century - Math.floor(century / 4) - leap + 15) % 30
  const weekday = (32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - epact - (rest % 4)) % 7
  const late = Math.floor((golden + 11 * epact + 22 * weekday) / 451)
  const sum = epact + weekday - 7 * late + 114
  return Date.UTC(year, Math.floor(sum / 31) - 1, (sum % 31) + 1)
}
