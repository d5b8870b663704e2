import { type Explained, explainedByRows, explainedBySince } from '../baseline/explained.ts'
import { type Judgement, judge, READY_VALUES } from '../baseline/judge.ts'
import type { StepContext } from '../findings/step-finding.ts'
import type { StepRun } from '../series/step-run.ts'
import { logTail, zOfLogTail } from '../statistics/normal-tail.ts'
import { medianOf, quantileIn } from '../statistics/quantiles.ts'
import { haveChanged } from './clock-rules.ts'
import type { ResolvedOptions } from './options.ts'
import { eachFigure, type FigureName, SERIES } from './row-figures.ts'
import type { Figures, StepState } from './state.ts'

/** z that an alarm needs in a pipeline of one step, at sensitivity 1 and full knowledge. */
const BASE_THRESHOLD = 4

/** Each figure of a row beside what was expected of it. */
export function judgementsOf(
  row: StepRun,
  figures: Figures,
  {
    options,
    siblings,
    state,
    isQuietDay,
    timeMs,
    sinceLast,
  }: {
    readonly options: ResolvedOptions
    /** Of the pipeline, for what is borrowed from them. */
    readonly siblings: ReadonlyMap<string, StepState>
    readonly state: StepState
    readonly isQuietDay: boolean
    readonly timeMs: number
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
    const question = { timeMs, zone, value, trials, threshold, borrowedScale, explained, clocksChanged }
    const judgement = judge(figures[name], SERIES[name], question)
    if (judgement) found[name] = judgement
  })
  return found
}

/** What is known to move a figure of this row: the time since the last run, or the rows that it had. */
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
 * z that an alarm needs, by the steps of a pipeline: a run with many figures has many chances to err, and people are called per run. One step
 * needs 4, twenty 4.7.
 */
function thresholdFor(steps: number): number {
  const known = thresholds.get(steps)
  if (known !== undefined) return known
  const threshold = zOfLogTail(logTail(BASE_THRESHOLD) - Math.log10(Math.max(1, steps)))
  thresholds.set(steps, threshold)
  return threshold
}

const thresholds = new Map<number, number>()

/** Usual spread of the steps beside this one: what is assumed of a step of which little is known. */
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
