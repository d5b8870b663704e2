import { type Burst, type Pace, pace } from './burst.ts'
import { type RowsLink, rowsLink, type SinceLast, sinceLast } from './explained.ts'
import { type ValueBaseline, valueBaseline } from './value-baseline.ts'
import { type ZeroShare, zeroShare } from './zero-share.ts'

/** The memory of one step in one run mode. */
export interface Figures {
  readonly duration: ValueBaseline
  readonly rows: ValueBaseline
  readonly validation: ValueBaseline
  readonly ratio: ValueBaseline
  /** The memory of the runs in which the step had no rows. */
  readonly zeros: ZeroShare
  readonly since: SinceLast
  readonly link: RowsLink
  readonly pace: Pace
  /** The memory by which bursts of rows are judged; null unless the step runs at least hourly. */
  burst: Burst | null
  readonly repeat: { value: number; streak: number; values: number; repeats: number }
  /** The number of learned runs until which a trend or a change of spread is not reported again, by metric. */
  readonly quietUntil: Record<string, number>
}

/** The outcomes of the runs of a step; a run counts by its last attempt. */
export interface Outcomes {
  runs: number
  failures: number
  /** The outcomes of the last runs, true for a failure, newest last. */
  readonly recent: boolean[]
  streak: number
  lastRun: string
}

export interface StepState {
  readonly phase: string
  readonly step: string
  /** The figures by run mode. */
  readonly figures: Map<string, Figures>
  readonly outcomes: Outcomes
}

export function figures(): Figures {
  return {
    duration: valueBaseline(),
    rows: valueBaseline(),
    validation: valueBaseline(),
    ratio: valueBaseline(),
    zeros: zeroShare(),
    since: sinceLast(),
    link: rowsLink(),
    pace: pace(),
    burst: null,
    repeat: { value: -1, streak: 0, values: 0, repeats: 0 },
    quietUntil: {},
  }
}

export function stepState(phase: string, step: string): StepState {
  return {
    phase,
    step,
    figures: new Map(),
    outcomes: { runs: 0, failures: 0, recent: [], streak: 0, lastRun: '' },
  }
}
