import type { Anomaly } from '@forge/writer-core'
import type { Judgement } from '../baseline/judge.ts'
import type { Figures, StepState } from '../baseline/step-state.ts'
import type { ResolvedOptions } from '../options/anomaly-options.ts'
import type { StepRun } from '../series/step-run.ts'

/** The data that a finding about one row is made of: the row, and the memory of its step from earlier rows. */
export interface StepContext {
  readonly row: StepRun
  readonly state: StepState
  readonly figures: Figures
  /** The judgements of the row's figures, except those that cannot be judged. Empty if the step failed. */
  readonly judgements: {
    readonly duration?: Judgement | undefined
    readonly rows?: Judgement | undefined
    readonly validation?: Judgement | undefined
    readonly ratio?: Judgement | undefined
  }
  readonly options: ResolvedOptions
  readonly nowMs: number
  /** The errors that the whole log has shown. */
  readonly errors: ErrorMemory
}

/** The kinds of errors of a log, and how often each was seen. */
export interface ErrorMemory {
  rows: number
  /** The time of the first row. */
  firstMs: number | null
  kinds: Map<string, { count: number; recent: number[] }>
}

/** One kind of finding about a row. */
export interface StepFinding {
  /** True if the row is learned before `find` is called, because the finding is about several runs including that of the row. Default false. */
  readonly afterLearning?: boolean | undefined
  /** Returns the anomaly, if there is one. Changes nothing. */
  find(context: StepContext): Anomaly | undefined
  /** Learns what `find` saw, such as a new level, or that it has returned an anomaly. It is called after `find`. */
  learn?(context: StepContext, anomaly: Anomaly | undefined): void
}
