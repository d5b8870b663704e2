import { safeInteger } from '../batch/rows.ts'
import type { LogRowInput } from '../log/row.ts'
import { validShare } from '../log/valid-rows.ts'
import type { ExecutionContext, ExecutionResult, StepResult } from './models.ts'

/** Returns a row for each step, and one with phase `pipeline` for the whole run. */
export function executionRows(result: ExecutionResult, runId: string): LogRowInput[] {
  const { context, stepResults } = result
  return [...stepRows(stepResults, context, runId), runRow(result, runId)]
}

export function stepRows(steps: readonly StepResult[], context: ExecutionContext, runId: string): LogRowInput[] {
  return steps.map((step) => ({
    ...runFields(step.executionContext ?? context, runId),
    phase: step.phase,
    step_name: step.stepName,
    step_type: step.stepType,
    start_time: step.startTime,
    end_time: step.endTime,
    duration_secs: step.durationSecs,
    table_fqn: step.tableFqn,
    write_mode: step.writeMode,
    input_rows: step.inputRows,
    output_rows: step.outputRows,
    rows_written: step.rowsWritten,
    rows_processed: step.rowsProcessed,
    validation_rate: step.validationRate ?? 100,
    success: step.success,
    error_message: step.errorMessage,
    memory_usage_mb: step.memoryUsageMb,
    cpu_usage_percent: step.cpuUsagePercent,
    metadata: step.metadata,
  }))
}

function runRow(result: ExecutionResult, runId: string): LogRowInput {
  const { context, stepResults } = result
  const written = stepResults.flatMap(({ rowsWritten }) => rowsWritten ?? [])
  return {
    ...runFields(context, runId),
    phase: 'pipeline',
    step_name: context.pipelineId,
    step_type: 'run',
    start_time: context.startTime,
    end_time: context.endTime,
    duration_secs: result.totalDurationSecs,
    rows_processed: sum(stepResults.map(({ rowsProcessed }) => rowsProcessed)),
    rows_written: written.length > 0 ? sum(written) : null,
    valid_rows: sum(stepResults.map(validRows)),
    success: result.success,
    error_message: result.errorMessage,
    metadata: result.metadata,
  }
}

function runFields(context: ExecutionContext, runId: string): LogRowInput {
  return {
    run_id: runId,
    run_mode: context.mode,
    run_started_at: context.startTime,
    run_ended_at: context.endTime,
    execution_id: context.executionId,
    pipeline_id: context.pipelineId,
    schema: context.schema,
  }
}

function validRows({ rowsProcessed, validationRate = 100 }: StepResult): number | bigint {
  const processed = typeof rowsProcessed === 'bigint' ? rowsProcessed : wholeNumber(rowsProcessed)
  return validShare(processed, Math.min(100, Math.max(0, validationRate)))
}

// A step with invalid counts is rejected by its own row.
function sum(counts: readonly (number | bigint)[]): number | bigint {
  return safeInteger(
    counts.reduce<bigint>((total, count) => total + BigInt(typeof count === 'bigint' ? count : wholeNumber(count)), 0n),
  )
}

function wholeNumber(count: number | bigint): number {
  const number = Number(count)
  return Number.isSafeInteger(number) && number >= 0 ? number : 0
}
