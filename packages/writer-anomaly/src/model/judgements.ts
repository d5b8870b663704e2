import { HOUR_MS } from '@forge/writer-core/storage'
import { type BurstExpectation, expectBurst } from '../baseline/burst.ts'
import { haveChanged } from '../baseline/clock-rules.ts'
import { type Explained, explainedByRows, explainedBySince } from '../baseline/explained.ts'
import { BASE_THRESHOLD, type Judgement, judge, READY_VALUES } from '../baseline/judge.ts'
import type { Figures, StepState } from '../baseline/step-state.ts'
import type { StepContext } from '../findings/step-finding.ts'
import type { ResolvedOptions } from '../options/anomaly-options.ts'
import { logTail, zOfLogTail } from '../probability/normal-tail.ts'
import { medianOf, quantileIn } from '../probability/quantiles.ts'
import type { StepRun } from '../series/step-run.ts'
import { eachFigure, type FigureName, SERIES } from './row-figures.ts'

/** Judges each figure of a row by its expected value. */
export function judgementsOf(
  row: StepRun,
  figures: Figures,
  {
    options,
    siblings,
    state,
    isQuietDay,
    timeMs,
    dayMs,
    sinceLast,
  }: {
    readonly options: ResolvedOptions
    /** The steps of the pipeline, from which a new step borrows its spread. */
    readonly siblings: ReadonlyMap<string, StepState>
    readonly state: StepState
    readonly isQuietDay: boolean
    readonly timeMs: number
    readonly dayMs: number
    readonly sinceLast: number
  },
): StepContext['judgements'] {
  const threshold = thresholdFor(siblings.size) / options.sensitivity
  const { zone } = options
  const clocksChanged = haveChanged(options.rules, row.timeMs)
  const found: { [Name in FigureName]?: Judgement } = {}
  eachFigure(row, isQuietDay, (name, value, trials) => {
    const borrowedScale = () => siblingScale(siblings, { phase: state.phase, mode: row.mode, name })
    const explained = explainedOf(name, figures, { sinceLast, rows: found.rows })
    const bursts = name === 'rows' ? burstsOf(figures, timeMs, clocksChanged) : []
    const question = { timeMs, dayMs, zone, value, trials, threshold, borrowedScale, explained, clocksChanged, bursts }
    const judgement = judge(figures[name], SERIES[name], question)
    if (judgement) found[name] = judgement
  })
  return found
}

/** Returns what is expected of a step that runs at least hourly; after a change of clocks, its hours may be the old or the new ones. */
function burstsOf({ burst, pace }: Figures, timeMs: number, clocksChanged: boolean): readonly BurstExpectation[] {
  if (!burst) return []
  const hours = clocksChanged ? [0, -HOUR_MS, HOUR_MS] : [0]
  return hours.flatMap((byMs) => expectBurst(burst, pace, { timeMs, byMs }) ?? [])
}

/** Returns the explanation of a figure of this row: the time since the last run, or the number of its rows. */
function explainedOf(
  name: FigureName,
  { since, link }: Figures,
  { sinceLast, rows }: { readonly sinceLast: number; readonly rows: Judgement | undefined },
): Explained | undefined {
  if (name === 'rows') return explainedBySince(since, sinceLast)
  if (name !== 'duration' || !rows || rows.value === 0) return undefined
  const error = rows.scaled - rows.known.center
  return explainedByRows(link, error, error / rows.scale)
}

/**
 * Returns the z that an alarm needs in a pipeline of this many steps: a run with many figures has many chances of a false alarm, and people are
 * called per run. One step needs 4, twenty need 4.7.
 */
function thresholdFor(steps: number): number {
  const known = thresholds.get(steps)
  if (known !== undefined) return known
  const threshold = zOfLogTail(logTail(BASE_THRESHOLD) - Math.log10(Math.max(1, steps)))
  thresholds.set(steps, threshold)
  return threshold
}

const thresholds = new Map<number, number>()

/** Returns the usual spread of sibling steps, which is assumed for a step of which little is known. */
function siblingScale(
  siblings: ReadonlyMap<string, StepState>,
  { phase, mode, name }: { readonly phase: string; readonly mode: string; readonly name: FigureName },
): number {
  const scales: number[] = []
  for (const sibling of siblings.values()) {
    const baseline = sibling.phase === phase ? sibling.figures.get(mode)?.[name] : undefined
    if (baseline && baseline.count >= READY_VALUES) scales.push(1.4826 * quantileIn(baseline.errors.sorted, 0.5))
  }
  return scales.length === 0 ? 0 : medianOf(scales)
}
