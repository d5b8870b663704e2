import type { Phase, RunMode, WriteMode } from '../log/columns.ts'
import type { Words } from '../log/row.ts'

/** A point in time: a Date, or ISO 8601 text with a zone. */
export type Instant = Date | string

export interface ExecutionContext {
  /** How the run processes its input. */
  readonly mode: Words<RunMode>
  /** When it started. */
  readonly startTime: Instant
  /** When it ended. Default: not known. */
  readonly endTime?: Instant | null | undefined
  /** The id of the run, or of the attempt. */
  readonly executionId: string
  /** The pipeline that ran. */
  readonly pipelineId: string
  /** The schema that the pipeline writes to. */
  readonly schema: string
}

export interface StepResult {
  /** The name of the step. */
  readonly stepName: string
  /** The layer of the step: bronze, silver or gold. */
  readonly phase: Words<Exclude<Phase, 'pipeline'>>
  /** When it started. */
  readonly startTime?: Instant | null | undefined
  /** When it ended. Default: not known. */
  readonly endTime?: Instant | null | undefined
  /** Duration in seconds. Default: computed from start and end. */
  readonly durationSecs?: number | undefined
  /** The number of rows that the step processed. */
  readonly rowsProcessed: number | bigint
  /** The number of rows that the step wrote. Default: not known. */
  readonly rowsWritten?: number | bigint | null | undefined
  /** Share of valid rows, in percent. Default 100. */
  readonly validationRate?: number | undefined
  /** True if it succeeded. */
  readonly success: boolean
  /** The reason of a failure. */
  readonly errorMessage?: string | null | undefined
  /** The run of the step, if it is not that of the call. */
  readonly executionContext?: ExecutionContext | undefined
  /** The kind of the step, such as `transform`. */
  readonly stepType?: string | undefined
  /** The table that the step wrote. */
  readonly tableFqn?: string | null | undefined
  /** How the step wrote its table. */
  readonly writeMode?: Words<WriteMode> | null | undefined
  /** The number of rows that the step read. */
  readonly inputRows?: number | bigint | null | undefined
  /** The number of rows that the step returned. */
  readonly outputRows?: number | bigint | null | undefined
  /** The memory that the step used, in MB. */
  readonly memoryUsageMb?: number | null | undefined
  /** The processor time that the step used, in percent of one core. */
  readonly cpuUsagePercent?: number | null | undefined
  /** Further facts, stored as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined
}

export interface ExecutionResult {
  /** True if it succeeded. */
  readonly success: boolean
  /** The run. */
  readonly context: ExecutionContext
  /** The results of the steps of the run. */
  readonly stepResults: readonly StepResult[]
  /** Duration in seconds. */
  readonly totalDurationSecs: number
  /** The reason of a failure. */
  readonly errorMessage?: string | null | undefined
  /** Further facts, stored as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined
}
