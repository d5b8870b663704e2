import type { RowsToJudge } from './rows-to-judge.ts'
import type { Thresholds } from './verdict.ts'

/** The parameters of a judgement, in addition to the rules. */
export interface JudgeContext extends Thresholds {
  readonly rows: RowsToJudge
  /** The stored table, if other rows are judged. */
  readonly history?: (() => Promise<RowsToJudge>) | undefined
  /** The columns that identify a failing row. */
  readonly keys: readonly string[]
  /** The maximum number of failing rows in the result per rule. */
  readonly maxExamples: number
  readonly now: Date
}
