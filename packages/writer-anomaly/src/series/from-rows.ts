import { hasFailed, instantOf, type LogRowInput, readStart, WriterValidationError } from '@forge/writer-core'
import { fieldReader, isObject, textOrNull } from '@forge/writer-core/storage'
import { type StepRun, withoutOutcome } from './step-run.ts'

/**
 * Returns rows as callers give them, with the defaults that the writer fills in. A figure that is not a number becomes NaN, which is neither judged
 * nor learned; a time that the writer refuses, such as text without a zone, counts as missing. Throws WriterValidationError for a row that is not an
 * object.
 */
export function stepRunsOfRows(rows: Iterable<LogRowInput>, nowMs: number): StepRun[] {
  const read = fieldReader({ runId: '', schema: '', now: new Date(nowMs) })
  return Array.from(rows, (row: unknown, at) => {
    if (isObject(row)) return stepRunOf(row, read, nowMs)
    throw new WriterValidationError(`row ${at} must be an object`, { context: { row: at }, committed: 'no' })
  })
}

function stepRunOf(row: LogRowInput, read: ReturnType<typeof fieldReader>, nowMs: number): StepRun {
  const error = textOrNull(row.error_message)
  const success = read(row, 'success')
  const run: StepRun = {
    pipeline: textOrNull(read(row, 'pipeline_id')) ?? 'unknown',
    phase: textOrNull(row.phase) ?? 'unknown',
    step: textOrNull(read(row, 'step_name')) ?? 'unknown',
    runId: textOrNull(read(row, 'run_id')) ?? '',
    executionId: textOrNull(read(row, 'execution_id')) ?? '',
    mode: textOrNull(read(row, 'run_mode')) ?? 'incremental',
    timeMs: milliseconds(readStart(row)) ?? nowMs,
    runStartMs: milliseconds(instantOf(row.run_started_at)),
    writtenMs: milliseconds(instantOf(row.created_at)),
    durationSecs: figure(read(row, 'duration_secs')) ?? Number.NaN,
    rows: figure(read(row, 'rows_processed')) ?? Number.NaN,
    rowsWritten: figure(row.rows_written),
    validationRate: figure(read(row, 'validation_rate')) ?? Number.NaN,
    success: typeof success === 'boolean' ? success : error === null,
    error,
  }
  return run.success || hasFailed({ success: false, metadata: row.metadata }) ? run : withoutOutcome(run)
}

function figure(value: unknown): number | null {
  if (value === null || value === undefined) return null
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN
}

function milliseconds(micros: bigint | undefined): number | null {
  return micros === undefined ? null : Number(micros) / 1000
}
