import { hasFailed, type LogRowInput, WriterValidationError } from '@forge/writer-core'
import { type StepRun, withoutOutcome } from './step-run.ts'

/**
 * Rows as callers give them, with the defaults that the writer would fill in. A figure that is none becomes NaN, which is neither judged nor
 * learned. Throws WriterValidationError for a row that is no object.
 */
export function stepRunsOfRows(rows: Iterable<LogRowInput>, nowMs: number): StepRun[] {
  return Array.from(rows, (row: unknown, at) => {
    if (isRow(row)) return stepRunOf(row, nowMs)
    throw new WriterValidationError(`row ${at} must be an object`, { context: { row: at }, committed: 'no' })
  })
}

function isRow(row: unknown): row is LogRowInput {
  return typeof row === 'object' && row !== null && !Array.isArray(row)
}

function stepRunOf(row: LogRowInput, nowMs: number): StepRun {
  const pipeline = text(row.pipeline_id) ?? 'unknown'
  const phase = text(row.phase) ?? 'unknown'
  const runId = text(row.run_id) ?? ''
  const startMs = time(row.start_time)
  const endMs = time(row.end_time)
  const runStartMs = time(row.run_started_at)
  const rows = count(row.rows_processed) ?? (count(row.valid_rows) ?? 0) + (count(row.invalid_rows) ?? 0)
  const error = text(row.error_message)
  const run: StepRun = {
    pipeline,
    phase,
    step: text(row.step_name) ?? (phase === 'pipeline' ? pipeline : phase),
    runId,
    executionId: text(row.execution_id) ?? runId,
    mode: text(row.run_mode) ?? 'incremental',
    timeMs: startMs ?? runStartMs ?? endMs ?? time(row.created_at) ?? nowMs,
    runStartMs,
    writtenMs: time(row.created_at),
    durationSecs: count(row.duration_secs) ?? (startMs !== null && endMs !== null ? (endMs - startMs) / 1000 : 0),
    rows,
    rowsWritten: count(row.rows_written),
    validationRate: count(row.validation_rate) ?? rateOf(row, rows),
    success: typeof row.success === 'boolean' ? row.success : error === null,
    error,
  }
  return run.success || hasFailed({ success: false, metadata: row.metadata }) ? run : withoutOutcome(run)
}

function rateOf(row: LogRowInput, rows: number): number {
  const invalid = count(row.invalid_rows)
  const valid = count(row.valid_rows) ?? (invalid === null ? null : rows - invalid)
  return valid === null || rows <= 0 ? 100 : (valid / rows) * 100
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function count(value: unknown): number | null {
  if (value === null || value === undefined) return null
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN
}

function time(value: unknown): number | null {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}
