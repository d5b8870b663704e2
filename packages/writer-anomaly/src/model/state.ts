import { type RowsLink, rowsLink, type SinceLast, sinceLast } from '../baseline/explained.ts'
import { type ValueBaseline, valueBaseline } from '../baseline/value-baseline.ts'
import { type ZeroShare, zeroShare } from '../baseline/zero-share.ts'

/** What is remembered of one step in one run mode. */
export interface Figures {
  readonly duration: ValueBaseline
  readonly rows: ValueBaseline
  readonly validation: ValueBaseline
  readonly ratio: ValueBaseline
  /** How often there were no rows. */
  readonly zeros: ZeroShare
  readonly since: SinceLast
  readonly link: RowsLink
  readonly repeat: { value: number; streak: number; values: number; repeats: number }
  /** Learned runs before which a trend or a change of spread of a metric is not told again. */
  readonly quietUntil: Record<string, number>
}

/** How the runs of a step ended, a run by its last attempt. */
export interface Outcomes {
  runs: number
  failures: number
  /** The last runs, true where failed, newest last. */
  readonly recent: boolean[]
  streak: number
  lastRun: string
}

export interface StepState {
  readonly phase: string
  readonly step: string
  /** By run mode. */
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
