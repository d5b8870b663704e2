import type { Anomaly } from '@forge/writer-core'
import type { Judgement } from '../baseline/judge.ts'
import type { ResolvedOptions } from '../model/options.ts'
import type { Figures, StepState } from '../model/state.ts'
import type { StepRun } from '../series/step-run.ts'

/** What a finding about one row may look at: the row, and what is known of its step from earlier rows. */
export interface StepContext {
  readonly row: StepRun
  readonly state: StepState
  readonly figures: Figures
  /** Of the row's figures; those that cannot be judged are left out. Empty where the step failed. */
  readonly judgements: {
    readonly duration?: Judgement
    readonly rows?: Judgement
    readonly validation?: Judgement
    readonly ratio?: Judgement
  }
  readonly options: ResolvedOptions
  readonly nowMs: number
  /** What errors the whole log has shown. */
  readonly errors: ErrorMemory
}

/** Errors without what changes from one to the next: how often each kind was seen. */
export interface ErrorMemory {
  rows: number
  /** Time of the first row. */
  firstMs: number | null
  kinds: Map<string, { count: number; recent: number[] }>
}

/** One kind of finding about a row. */
export interface StepFinding {
  /** Whether the row is learned before it is asked: only where the finding is about several runs, the row's among them. */
  readonly afterLearning?: boolean
  find(context: StepContext): Anomaly | undefined
}
