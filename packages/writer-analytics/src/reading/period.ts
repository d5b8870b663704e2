import { and, type Expression, gte, literal, lt, type Predicate } from '@forge/writer-core'
import { assertNoProblems, DAY_MS, type OptionChecks, option } from '@forge/writer-core/storage'

/** The options that choose rows by when they started. */
export interface PeriodOptions {
  /** The number of last days, up to now. Default 30; `Infinity` means everything. Cannot be combined with `from`. */
  readonly days?: number | undefined
  /** The start of the period, inclusive. */
  readonly from?: Date | undefined
  /** The end of the period, exclusive. Default: now. */
  readonly to?: Date | undefined
  /** Clock that `days` counts from. */
  readonly now?: (() => Date) | undefined
}

/** The checks of {@link PeriodOptions}. */
export const PERIOD_CHECKS: OptionChecks<PeriodOptions> = {
  days: option.number({ above: 0 }),
  from: option.date,
  to: option.date,
  now: option.clock,
}

/** A period from `from`, inclusive, to `to`, exclusive; null stands for no bound. */
export interface Period {
  readonly from: Date | null
  readonly to: Date | null
}

/** The same as text, for results. ISO 8601, UTC. */
export interface PeriodText {
  readonly from: string | null
  readonly to: string | null
}

const DEFAULT_DAYS = 30
const BEFORE = { setting: 'from', problem: 'must be before to, which is now by default' }

/** Returns the period of checked options. Throws WriterConfigurationError for days together with a start, and for an end before its start. */
export function periodOf({ days, from, to, now = () => new Date() }: PeriodOptions): Period {
  assertNoProblems('the period', [
    days !== undefined && from !== undefined && { setting: 'days', problem: 'cannot be combined with from' },
    from !== undefined && to !== undefined && from.getTime() >= to.getTime() && BEFORE,
  ])
  if (days === Number.POSITIVE_INFINITY) return { from: null, to: to ?? null }
  // Rows of this very millisecond belong to the last days.
  const end = to ?? new Date(now().getTime() + 1)
  const start = from ?? new Date(end.getTime() - (days ?? DEFAULT_DAYS) * DAY_MS)
  assertNoProblems('the period', [
    !isDate(start) && { setting: 'days', problem: `of ${days} are too long; Infinity means everything` },
    from !== undefined && start.getTime() >= end.getTime() && BEFORE,
  ])
  return { from: start, to: end }
}

function isDate(value: Date): boolean {
  return !Number.isNaN(value.getTime())
}

/** Returns the period of the same length right before; undefined if the period has no start or no end, or if that is before all dates. */
export function periodBefore({ from, to }: Period): Period | undefined {
  if (from === null || to === null) return undefined
  const start = new Date(2 * from.getTime() - to.getTime())
  return isDate(start) ? { from: start, to: from } : undefined
}

/** Returns the current instant if the period reaches past it, so that rows of the future may be in it. */
export function nowWithin({ to }: Period, { now = () => new Date() }: PeriodOptions): Date | undefined {
  const at = now()
  // The period that ends now includes this millisecond.
  return to === null || to.getTime() > at.getTime() + 1 ? at : undefined
}

/** Returns the condition of rows whose `at` is in the period. */
export function inPeriod(at: Expression, { from, to }: Period): Predicate {
  return and(...(from ? [gte(at, literal(from))] : []), ...(to ? [lt(at, literal(to))] : []))
}

export function periodText({ from, to }: Period): PeriodText {
  return { from: from?.toISOString() ?? null, to: to?.toISOString() ?? null }
}
