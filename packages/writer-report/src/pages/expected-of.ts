import type { ExpectedPoint } from '@forge/writer-anomaly'
import type { ExpectedRange } from '../charts/run-series.ts'

/** The number of values from which a range is known. */
const MIN_VALUES = 5

export interface SeriesName {
  readonly phase: string
  readonly step?: string | undefined
  readonly metric: ExpectedPoint['metric']
}

/** The expected ranges of the points of one series. */
export interface Expectations {
  /** Returns the range of the point with this value; undefined if none is known. */
  of(runId: string, value: number | null): ExpectedRange | undefined
  /** The explanation of the ranges, or the reason why they are missing; undefined if nothing was judged. */
  readonly note: string | undefined
}

/** Returns the expected ranges of a series: of a step, or of whole runs. */
export function expectationsOf(all: readonly ExpectedPoint[], { phase, step, metric }: SeriesName): Expectations {
  const points = all.filter(
    (each) => each.metric === metric && each.phase === phase && (step === undefined || each.step === step),
  )
  const byRun = new Map(points.map((point) => [point.runId, point]))
  const most = points.reduce((known, point) => Math.max(known, point.known), 0)
  const hasRange = points.some(({ lower }) => lower !== null)
  return {
    of(runId, value) {
      const point = byRun.get(runId)
      if (!point || point.lower === null || value === null || !isSame(point.value, value)) return undefined
      return { lower: point.lower, upper: point.upper }
    },
    note:
      points.length === 0
        ? undefined
        : hasRange
          ? 'the band shows the expected values'
          : `${Math.min(MIN_VALUES, most)} of the ${MIN_VALUES} runs that a band needs`,
  }
}

/** The row of a run may count other rows than its steps do. */
function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
}
