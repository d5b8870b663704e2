import { medianOf } from '../probability/quantiles.ts'
import { DAY_MS, dayFacts, dayOf, dayOfWeek, hourOf, SPECIAL_DAYS, type SpecialDay } from './calendar.ts'

/** The offsets that the calendar adds to a value: by hour, by weekday and on the days around the turn of the month. Plain JSON. */
export interface Season {
  readonly hours: readonly number[] | null
  readonly weekdays: readonly number[] | null
  readonly special: Readonly<Partial<Record<SpecialDay, number>>> | null
}

export type Seasonality = 'none' | 'hour' | 'dow' | 'hour_of_week' | 'dom'

export const NO_SEASON: Season = { hours: null, weekdays: null, special: null }

/** The minimum improvement over no season, on values to which the season was not fitted. */
const GAIN = 0.2
const MIN_CYCLES = 2

export function seasonality({ hours, weekdays, special }: Season): Seasonality {
  if (hours && weekdays) return 'hour_of_week'
  if (hours) return 'hour'
  if (weekdays) return 'dow'
  return special ? 'dom' : 'none'
}

/** Returns the offset at an instant. The strongest of several special days counts. */
export function offsetAt(season: Season, timeMs: number): number {
  let offset = 0
  if (season.hours) offset += season.hours[hourOf(timeMs)] ?? 0
  if (season.weekdays) offset += season.weekdays[dayOfWeek(timeMs)] ?? 0
  return season.special ? offset + specialOffset(season.special, timeMs) : offset
}

function specialOffset(special: NonNullable<Season['special']>, timeMs: number): number {
  let strongest = 0
  for (const day of dayFacts(dayOf(timeMs)).special) {
    const offset = special[day] ?? 0
    if (Math.abs(offset) > Math.abs(strongest)) strongest = offset
  }
  return strongest
}

/** Finds the season of a series. Each part of it needs two whole cycles, and must predict values that it was not fitted to. */
export function fitSeason(times: readonly number[], values: readonly number[]): Season {
  const spanDays = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS
  if (values.length < 2 * MIN_CYCLES || spanDays < MIN_CYCLES) return NO_SEASON
  const perDay = values.length / Math.max(1, spanDays)
  let rest = values
  let hours: number[] | null = null
  if (perDay >= 3) {
    hours = cycle(times, detrend(times, rest, 1), { slots: 24, slotOf: hourOf, blockDays: 1 })?.offsets ?? null
    if (hours) rest = without(times, rest, { ...NO_SEASON, hours })
  }
  let weekdays: number[] | null = null
  if (spanDays >= MIN_CYCLES * 7 - 1) {
    weekdays = week(times, rest)
    if (weekdays) rest = without(times, rest, { ...NO_SEASON, weekdays })
  }
  return { hours, weekdays, special: spanDays >= 40 ? specialDays(times, rest) : null }
}

/** Returns offsets by weekday, or one for workdays and one for weekends: whichever predicts better. */
function week(times: readonly number[], values: readonly number[]): number[] | null {
  const level = detrend(times, values, 7)
  const days = cycle(times, level, { slots: 7, slotOf: dayOfWeek, blockDays: 7 })
  const parts = cycle(times, level, { slots: 2, slotOf: (time) => (dayOfWeek(time) < 5 ? 0 : 1), blockDays: 7 })
  if (parts && (!days || parts.gain >= days.gain)) {
    const [work = 0, weekend = 0] = parts.offsets
    return [work, work, work, work, work, weekend, weekend]
  }
  return days?.offsets ?? null
}

interface Cycle {
  readonly slots: number
  readonly slotOf: (timeMs: number) => number
  /** The length of one cycle. */
  readonly blockDays: number
}

/** Returns the offsets by slot, without the level of the values; null if they do not predict values out of sample. */
function cycle(
  times: readonly number[],
  level: readonly number[],
  shape: Cycle,
): { readonly offsets: number[]; readonly gain: number } | null {
  const slots = times.map(shape.slotOf)
  const lastMs = times.at(-1) ?? 0
  const spanMs = lastMs - (times[0] ?? 0)
  // The offsets must predict the last third, or a whole cycle if there are two.
  const testMs = Math.max(spanMs / 3, Math.min(shape.blockDays * DAY_MS, spanMs / 2))
  const cut = times.findIndex((time) => time > lastMs - testMs)
  const trained = offsets(level, slots, { from: 0, to: cut, count: shape.slots })
  let without = 0
  let withSlots = 0
  for (let at = cut; at < level.length; at++) {
    without += Math.abs(level[at] ?? 0)
    withSlots += Math.abs((level[at] ?? 0) - (trained[slots[at] ?? 0] ?? 0))
  }
  if (withSlots > (1 - GAIN) * without) return null
  return {
    offsets: offsets(level, slots, { from: 0, to: level.length, count: shape.slots }),
    gain: 1 - withSlots / without,
  }
}

/** Subtracts from each value the median of its block of whole cycles, counted back from the newest. */
function detrend(times: readonly number[], values: readonly number[], blockDays: number): number[] {
  const lastDay = dayOf(times.at(-1) ?? 0)
  const blocks = new Map<number, number[]>()
  const blockOf = (time: number) => Math.floor((lastDay - dayOf(time)) / blockDays)
  times.forEach((time, at) => {
    const block = blockOf(time)
    const list = blocks.get(block) ?? []
    list.push(values[at] ?? 0)
    blocks.set(block, list)
  })
  const medians = new Map([...blocks].map(([block, list]) => [block, medianOf(list)]))
  return values.map((value, at) => value - (medians.get(blockOf(times[at] ?? 0)) ?? 0))
}

/** Returns the median by slot, shrunk towards 0 if a slot was seen rarely. */
function offsets(
  level: readonly number[],
  slots: readonly number[],
  { from, to, count }: { readonly from: number; readonly to: number; readonly count: number },
): number[] {
  const bySlot = Array.from({ length: count }, (): number[] => [])
  for (let at = from; at < to; at++) bySlot[slots[at] ?? 0]?.push(level[at] ?? 0)
  return bySlot.map((list) => (medianOf(list) * list.length) / (list.length + 0.5))
}

function without(times: readonly number[], values: readonly number[], season: Season): number[] {
  return values.map((value, at) => value - offsetAt(season, times[at] ?? 0))
}

/**
 * Returns the offsets of the days around the turn of the month. They are rare, so that an average over all days would not show them: an offset needs
 * at least two such days, and each must lie on the same side, farther out than usual. The last day of a month is often its last business day too:
 * until a month distinguishes them, both are kept.
 */
function specialDays(times: readonly number[], values: readonly number[]): Season['special'] {
  // Detrended by month: the days at its end may be half of a week.
  const level = detrend(times, values, 28)
  const usual = medianOf(level.map(Math.abs)) * 1.4826
  const byKind = new Map<SpecialDay, Map<number, number[]>>()
  times.forEach((time, at) => {
    const day = dayOf(time)
    for (const kind of dayFacts(day).special) {
      const days = byKind.get(kind) ?? new Map<number, number[]>()
      const list = days.get(day) ?? []
      list.push(level[at] ?? 0)
      days.set(day, list)
      byKind.set(kind, days)
    }
  })
  const found: Partial<Record<SpecialDay, number>> = {}
  for (const kind of SPECIAL_DAYS) {
    const days = [...(byKind.get(kind)?.values() ?? [])].map(medianOf)
    if (days.length < MIN_CYCLES) continue
    const sign = Math.sign(days[0] ?? 0)
    if (days.some((each) => each * sign < 1.5 * usual)) continue
    found[kind] = (medianOf(days) * days.length) / (days.length + 0.25)
  }
  return Object.keys(found).length > 0 ? found : null
}
