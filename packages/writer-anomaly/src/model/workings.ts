import type { Anomaly } from '@forge/writer-core'
import type { FeedbackIndex } from '../feedback/feedback.ts'
import type { StepContext } from '../findings/step-finding.ts'
import type { ResolvedOptions } from '../options/anomaly-options.ts'
import type { ModelMemory } from './serialize.ts'

/** The working state of a model: its memory, its options, and the findings of the current call. */
export interface Workings extends ModelMemory {
  readonly options: ResolvedOptions
  feedback: FeedbackIndex
  readonly found: Map<string, Anomaly>
  nowMs: number
  /** True if the errors of the rows are learned; otherwise they are known already. */
  learnsErrors: boolean
  /** Receives the judgements of each row before they are learned; undefined if nobody asked for them. */
  observe: ((context: StepContext) => void) | undefined
}
