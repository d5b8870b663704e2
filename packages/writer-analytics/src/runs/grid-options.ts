import { type OptionChecks, option } from '@forge/writer-core/storage'
import { CHOICE_CHECKS, type RowChoice } from '../reading/row-choice.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'

export interface RunGridOptions extends Omit<RowChoice, 'pipeline'> {
  /** The id of the pipeline. */
  readonly pipeline: string
  /** Maximum number of runs, 1-90; the newest. Default 30. */
  readonly runs?: number | undefined
  /** Maximum number of steps, 1-200; those that failed in the runs first, then those that ran most often. Default 200. */
  readonly steps?: number | undefined
  /** Only runs of this mode. */
  readonly mode?: string | undefined
  /** Another table of the same schema. */
  readonly table?: string | undefined
}

export interface RunGridsOptions extends Omit<RunGridOptions, 'pipeline'> {
  /** The ids of the pipelines, at most 100. */
  readonly pipelines: readonly string[]
}

const MAX_RUNS = 90
export const MAX_STEPS = 200

const { pipeline: _pipeline, ...BELONGING_CHECKS } = CHOICE_CHECKS
/** The checks of the options that both functions have. */
export const GRID_CHECKS: OptionChecks<Omit<RunGridOptions, 'pipeline'>> = {
  ...BELONGING_CHECKS,
  ...TABLE_CHECK,
  runs: option.whole({ min: 1, max: MAX_RUNS }),
  steps: option.whole({ min: 1, max: MAX_STEPS }),
  mode: option.string,
}
