import type { Phase, RunMode, WriteMode } from '../log/columns.ts'

/** A point in time: a Date, or ISO 8601 text with a zone. */
export type Instant = Date | string

export interface ExecutionContext {
  readonly mode: RunMode
  readonly startTime: Instant
  readonly endTime?: Instant | null | undefined
  readonly executionId: string
  readonly pipelineId: string
  readonly schema: string
}

export interface StepResult {
  readonly stepName: string
  readonly phase: Exclude<Phase, 'pipeline'>
  readonly startTime?: Instant | null | undefined
  readonly endTime?: Instant | null | undefined
  /** Duration in seconds. Default: computed from start and end. */
  readonly durationSecs?: number | undefined
  readonly rowsProcessed: number | bigint
  readonly rowsWritten?: number | bigint | null | undefined
  /** Share of valid rows, in percent. Default 100. */
  readonly validationRate?: number | undefined
  readonly success: boolean
  readonly errorMessage?: string | null | undefined
  readonly executionContext?: ExecutionContext | undefined
  readonly stepType?: string | undefined
  readonly tableFqn?: string | null | undefined
  readonly writeMode?: WriteMode | null | undefined
  readonly inputRows?: number | bigint | null | undefined
  readonly outputRows?: number | bigint | null | undefined
  readonly memoryUsageMb?: number | null | undefined
  readonly cpuUsagePercent?: number | null | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined
}

export interface ExecutionResult {
  readonly success: boolean
  readonly context: ExecutionContext
  readonly stepResults: readonly StepResult[]
  /** Duration in seconds. */
  readonly totalDurationSecs: number
  readonly errorMessage?: string | null | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined
}
