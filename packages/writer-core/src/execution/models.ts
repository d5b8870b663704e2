import type { Phase, RunMode, WriteMode } from '../log/columns.ts'

/** A point in time: a Date, or ISO 8601 text with a zone. */
export type Instant = Date | string

export interface ExecutionContext {
  readonly mode: RunMode
  readonly startTime: Instant
  readonly endTime?: Instant | null
  readonly executionId: string
  readonly pipelineId: string
  readonly schema: string
}

export interface StepResult {
  readonly stepName: string
  readonly phase: Exclude<Phase, 'pipeline'>
  readonly startTime?: Instant | null
  readonly endTime?: Instant | null
  /** Duration in seconds. Default: computed from start and end. */
  readonly durationSecs?: number
  readonly rowsProcessed: number | bigint
  readonly rowsWritten?: number | bigint | null
  /** Share of valid rows, in percent. Default 100. */
  readonly validationRate?: number
  readonly success: boolean
  readonly errorMessage?: string | null
  readonly executionContext?: ExecutionContext
  readonly stepType?: string
  readonly tableFqn?: string | null
  readonly writeMode?: WriteMode | null
  readonly inputRows?: number | bigint | null
  readonly outputRows?: number | bigint | null
  readonly memoryUsageMb?: number | null
  readonly cpuUsagePercent?: number | null
  readonly metadata?: Readonly<Record<string, unknown>> | null
}

export interface ExecutionResult {
  readonly success: boolean
  readonly context: ExecutionContext
  readonly stepResults: readonly StepResult[]
  /** Duration in seconds. */
  readonly totalDurationSecs: number
  readonly errorMessage?: string | null
  readonly metadata?: Readonly<Record<string, unknown>> | null
}
