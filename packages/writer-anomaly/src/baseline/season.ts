import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'
import { medianOf } from '../probability/quantiles.ts'
import { dayFacts, dayOf, dayOfWeek, hourOf, SPECIAL_DAYS, type SpecialDay } from './calendar.ts'

/**
 * The offsets that the calendar adds to a value: by hour, by weekday, at single hours of the week, and on the days around the turn of the month. Plain
 * JSON.
 */
export interface Season {
  readonly hours: readonly number[] | null
  readonly weekdays: readonly number[] | null
  /** The offsets of hours of the week that hours and weekdays do not explain, such as the first run after a weekend. */
  readonly cells: readonly number[] | null
  readonly special: Readonly<Partial<Record<SpecialDay, number>>> | null
  /** The hour, from -11 to 12, at which a day of the pipeline begins: its people may live by other clocks than those of the zone. */
  readonly dayStart: number
}

export type Seasonality = 'none' | 'hour' | 'dow' | 'hour_of_week' | 'dom'

export const NO_SEASON: Season = { hours: null, weekdays: null, cells: null, special: null, dayStart: 0 }

/** The minimum improvement over no season, on values to which the season was not fitted. */
const GAIN = 0.2
const MIN_CYCLES = 2

export function seasonality({ hours, weekdays, cells, special }: Season): Seasonality {
  if (cells || (hours && weekdays)) return 'hour_of_week'
  if (hours) return 'hour'
  if (weekdays) return 'dow'
  return special ? 'dom' : 'none'
}

/** Returns the offset at an instant. The strongest of several special days counts. */
export function offsetAt(season: Season, timeMs: number): number {
  let offset = 0
  if (season.hours) offset += season.hours[hourOf(timeMs)] ?? 0
  if (season.cells) offset += season.cells[hourOfWeek(timeMs)] ?? 0
  if (season.weekdays) offset += season.weekdays[dayOfWeek(ownDayMs(season, timeMs))] ?? 0
  return season.special ? offset + specialOffset(season.special, ownDayMs(season, timeMs)) : offset
}

/** Returns an instant of the day, by the clocks of the zone, that an instant belongs to by the pipeline's own days. */
export function ownDayMs({ dayStart }: Season, timeMs: number): number {
  return timeMs - dayStart * HOUR_MS
}

function hourOfWeek(timeMs: number): number {
  return 24 * dayOfWeek(timeMs) + hourOf(timeMs)
}

function specialOffset(special: NonNullable<Season['special']>, dayMs: number): number {
  let strongest = 0
  for (const day of dayFacts(dayOf(dayMs)).special) {
    const offset = special[day] ?? 0
    if (Math.abs(offset) > Math.abs(strongest)) strongest = offset
  }
  return strongest
}

/** Finds the season of a series. Each part of it needs two whole cycles, and must predict values that it was not fitted to. */
export function fitSeason(times: readonly number[], values: readonly number[], known: Season = NO_SEASON): Season {
  const spanDays = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS
  if (values.length < 2 * MIN_CYCLES || spanDays < MIN_CYCLES) return NO_SEASON
  const perDay = values.length / Math.max(1, spanDays)
  let rest = values
  let hours: number[] | null = null
  if (perDay >= 3) {
    const level = detrend(times, rest, 1)
    const fitted = cycle(times, level, { slots: 24, slotOf: hourOf, blockDays: 1 })?.offsets ?? null
    hours = known.hours ? afterClockChange(times, level, { fitted, known: known.hours }) : fitted
    if (hours) rest = without(times, rest, { ...NO_SEASON, hours })
  }
  let weekdays: number[] | null = null
  let dayStart = 0
  if (spanDays >= MIN_CYCLES * 7 - 1) {
    ;({ weekdays, dayStart } = week(times, rest, perDay >= 3 ? known.dayStart : undefined))
    if (weekdays) rest = without(times, rest, { ...NO_SEASON, weekdays, dayStart })
  }
  const cells = perDay >= 3 && spanDays >= MIN_CYCLES * 7 - 1 ? hoursOfWeek(times, rest) : null
  if (cells) rest = without(times, rest, { ...NO_SEASON, cells })
  const days = dayStart === 0 ? times : times.map((time) => ownDayMs({ ...NO_SEASON, dayStart }, time))
  return { hours, weekdays, cells, special: spanDays >= 40 ? specialDays(days, rest) : null, dayStart }
}

/** The days that show whether clocks have changed. */
const LAST_DAYS = 7

/**
 * Returns the hours that fit the last week best: those that were just fitted, or the known ones, as they were or an hour earlier or later. For weeks after
 * a change of clocks, most values show the old hours.
 */
function afterClockChange(
  times: readonly number[],
  level: readonly number[],
  { fitted, known }: { readonly fitted: number[] | null; readonly known: readonly number[] },
): number[] | null {
  const from = times.findIndex((time) => time > (times.at(-1) ?? 0) - LAST_DAYS * DAY_MS)
  const errorOf = (hours: readonly number[] | null) => {
    let sum = 0
    for (let at = from; at < times.length; at++)
      sum += Math.abs((level[at] ?? 0) - (hours?.[hourOf(times[at] ?? 0)] ?? 0))
    return sum
  }
  let best = { hours: fitted, error: (1 - GAIN) * errorOf(fitted) }
  for (const by of [0, 23, 1]) {
    const hours = known.map((_, hour) => known[(hour + by) % 24] ?? 0)
    const error = errorOf(hours)
    if (error < best.error) best = { hours, error }
  }
  return best.hours
}

/** The hours at which days begin in the Americas, in Europe and in Asia, roughly: without a gain by any of them, no other is tried. */
const FIRST_STARTS = [0, 7, -6]
const ALL_STARTS = Array.from({ length: 24 }, (_, at) => at - 11)
/** The minimum gain by days that do not begin at midnight. */
const MIN_START_GAIN = 0.03

/**
 * Returns offsets by weekday, or one for workdays and one for weekends: whichever predicts better; and the hour at which days begin. Without `dayStart`, the
 * hour at which they were known to begin, they begin at midnight.
 */
function week(
  times: readonly number[],
  values: readonly number[],
  dayStart: number | undefined,
): { weekdays: number[] | null; dayStart: number } {
  const level = detrend(times, values, 7)
  const fitAt = (start: number) => weekOffsets(start === 0 ? times : times.map((time) => time - start * HOUR_MS), level)
  const fits = new Map((dayStart === undefined ? [0] : FIRST_STARTS).map((start) => [start, fitAt(start)]))
  if (dayStart !== undefined && [...fits.values()].some((fit) => fit !== null)) {
    // A known start moves with the clocks at most.
    const starts = dayStart === 0 ? ALL_STARTS : [dayStart - 1, dayStart, dayStart + 1]
    for (const start of starts) if (!fits.has(start)) fits.set(start, fitAt(start))
  }
  let best: { weekdays: number[] | null; dayStart: number } = { weekdays: fits.get(0)?.offsets ?? null, dayStart: 0 }
  let gain = fits.get(0)?.gain ?? GAIN
  for (const [start, fit] of fits) {
    if (start === 0 || !fit || fit.gain <= gain + (best.dayStart === 0 ? MIN_START_GAIN : 0)) continue
    best = { weekdays: fit.offsets, dayStart: start }
    gain = fit.gain
  }
  return best
}

function weekOffsets(times: readonly number[], level: readonly number[]): { offsets: number[]; gain: number } | null {
  const days = cycle(times, level, { slots: 7, slotOf: dayOfWeek, blockDays: 7 })
  const parts = cycle(times, level, { slots: 2, slotOf: (time) => (dayOfWeek(time) < 5 ? 0 : 1), blockDays: 7 })
  if (!parts || (days && parts.gain < days.gain)) return days
  const [work = 0, weekend = 0] = parts.offsets
  return { offsets: [work, work, work, work, work, weekend, weekend], gain: parts.gain }
}

/** The deviations, in usual ones, by which the median of an hour of the week must differ, and each of its values. */
const MIN_CELL_Z = 2.5
const MIN_EACH_Z = 1

/**
 * Returns the offsets of the hours of the week that lie apart in each week; null without any. An offset needs two weeks, and all its values on
 * one side.
 */
function hoursOfWeek(times: readonly number[], values: readonly number[]): number[] | null {
  const level = detrend(times, values, 7)
  const usual = 1.4826 * medianOf(level.map(Math.abs))
  const byCell = new Map<number, number[]>()
  times.forEach((time, at) => {
    const cell = hourOfWeek(time)
    const list = byCell.get(cell) ?? []
    list.push(level[at] ?? 0)
    byCell.set(cell, list)
  })
  const found = new Array<number>(168).fill(0)
  let isAny = false
  for (const [cell, list] of byCell) {
    const middle = medianOf(list)
    if (list.length < MIN_CYCLES || Math.abs(middle) < MIN_CELL_Z * usual) continue
    const apart = list.filter((each) => each * Math.sign(middle) > MIN_EACH_Z * usual)
    if (apart.length < 0.8 * list.length) continue
    found[cell] = (middle * list.length) / (list.length + 0.5)
    isAny = true
  }
  return isAny ? found : null
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
