import { dayFacts, dayOf, dayOfWeek, hourOf } from './calendar.ts'

/** The memory of how often a figure is zero, by the parts of the calendar that may explain it. Plain JSON. */
export interface ZeroShare {
  /** The fading numbers of runs and of zeros: for each division of the calendar, by part. */
  readonly runs: number[][]
  readonly zeros: number[][]
  /** The fading loss of the predictions of each division, in nats. */
  readonly losses: number[]
  /** log10 of the probability of the current streak of zeros. */
  streak: number
  /** The length of the current streak, whether its first zero was expected, and the fading length of the longest streak that was. */
  row: number
  isExpected: boolean
  longest: number
  /** The length at which the current streak was reported. */
  reportedAt: number
}

/** The divisions of the calendar, coarsest first. */
const DIVISIONS: readonly { readonly parts: number; readonly partOf: (timeMs: number, dayMs: number) => number }[] = [
  { parts: 1, partOf: () => 0 },
  { parts: 2, partOf: (_, dayMs) => weekendOf(dayMs) },
  { parts: 7, partOf: (_, dayMs) => dayOfWeek(dayMs) },
  { parts: 24, partOf: hourOf },
  { parts: 48, partOf: (timeMs, dayMs) => 24 * weekendOf(dayMs) + hourOf(timeMs) },
  { parts: 168, partOf: (timeMs, dayMs) => 24 * dayOfWeek(dayMs) + hourOf(timeMs) },
]

const FADING = 0.995
/** The share of the length of the longest stretch of zeros that is left after each stretch. */
const STRETCH_FADING = 0.95
/** The minimum gain of a finer division, in nats. */
const GAIN = 5
/** The number of zeros that a series without any is assumed to have had. */
const ASSUMED = 0.1
/** The minimum number of zeros that any part of the calendar is assumed to have had, even if the series has had few. */
const ASSUMED_OF_PART = 0.25

/** An instant, and one of the day that it belongs to by the pipeline's own days, both as the clocks of the zone show them. */
export interface ZeroTime {
  readonly timeMs: number
  readonly dayMs: number
}

export function zeroShare(): ZeroShare {
  const counts = () => DIVISIONS.map(({ parts }) => new Array<number>(parts).fill(0))
  return {
    runs: counts(),
    zeros: counts(),
    losses: DIVISIONS.map(() => 0),
    streak: 0,
    row: 0,
    isExpected: false,
    longest: 0,
    reportedAt: 0,
  }
}

/**
 * Returns the probability of a zero at this time, by the division that has predicted best, and whether this part of the calendar has never shown one.
 */
export function zeroChance(
  known: ZeroShare,
  { timeMs, dayMs }: ZeroTime,
): { readonly chance: number; readonly isNew: boolean } {
  const [plain = 0, ...finer] = known.losses
  const lowest = Math.min(...finer)
  const division = lowest < plain - GAIN ? known.losses.indexOf(lowest) : 0
  const part = DIVISIONS[division]?.partOf(timeMs, dayMs) ?? 0
  const isNew = (known.zeros[division]?.[part] ?? 0) < 0.01 && (known.runs[division]?.[part] ?? 0) >= 1
  return { chance: chanceBy(known, division, { timeMs, dayMs }), isNew }
}

/** The chance from which a zero is expected, and the factor by which a stretch of zeros that began when it should may be longer than others. */
const EXPECTED = 0.3
const LONGER = 1.25

/** Returns whether one more zero belongs to a stretch that began when one was expected, such as a weekend, and is hardly longer than others were. */
export function continuesStretch({ row, isExpected, longest }: ZeroShare): boolean {
  return row > 0 && isExpected && row + 1 <= LONGER * longest + 1
}

/** Learns whether the figure was zero. `log10p` is the log10 probability of this zero. */
export function learnZero(known: ZeroShare, { timeMs, dayMs }: ZeroTime, isZero: boolean, log10p: number): void {
  known.streak = isZero ? known.streak + log10p : 0
  if (isZero && known.row === 0) known.isExpected = zeroChance(known, { timeMs, dayMs }).chance >= EXPECTED
  if (!isZero && known.row > 1) known.longest = Math.max(known.row, STRETCH_FADING * known.longest)
  known.row = isZero ? known.row + 1 : 0
  if (!isZero) known.reportedAt = 0
  for (const [division, { partOf }] of DIVISIONS.entries()) {
    const chance = chanceBy(known, division, { timeMs, dayMs })
    known.losses[division] = FADING * (known.losses[division] ?? 0) - Math.log(isZero ? chance : 1 - chance)
    const part = partOf(timeMs, dayMs)
    const [runs, zeros] = [known.runs[division], known.zeros[division]]
    if (!runs || !zeros) continue
    runs[part] = FADING * (runs[part] ?? 0) + 1
    zeros[part] = FADING * (zeros[part] ?? 0) + Number(isZero)
  }
}

function chanceBy({ runs, zeros }: ZeroShare, division: number, { timeMs, dayMs }: ZeroTime): number {
  const all = ((zeros[0]?.[0] ?? 0) + ASSUMED) / ((runs[0]?.[0] ?? 0) + 1)
  if (division === 0) return Math.min(0.99, all)
  const part = DIVISIONS[division]?.partOf(timeMs, dayMs) ?? 0
  const seen = runs[division]?.[part] ?? 0
  return Math.min(0.99, ((zeros[division]?.[part] ?? 0) + Math.max(all, ASSUMED_OF_PART)) / (seen + 1))
}

function weekendOf(timeMs: number): number {
  return Number(dayFacts(dayOf(timeMs)).isWeekend)
}
