import { type ColumnDefinition, hasFailed, instantOf, type LogBatch } from '@forge/writer-core'
import { isValid, MAX_MICROS, MIN_MICROS, valueAt, vectorOf } from '@forge/writer-core/storage'
import { type StepRun, withoutOutcome } from './step-run.ts'

/** The columns that detection reads. */
export const STEP_RUN_COLUMNS = [
  'pipeline_id',
  'phase',
  'step_name',
  'run_id',
  'execution_id',
  'run_mode',
  'start_time',
  'run_started_at',
  'end_time',
  'created_at',
  'duration_secs',
  'rows_processed',
  'rows_written',
  'validation_rate',
  'success',
  'error_message',
] as const

type Name = (typeof STEP_RUN_COLUMNS)[number]

/**
 * Returns the rows of a batch, in its order. A column that the table lacks reads as null; `nowMs` replaces a missing time. If the batch has the
 * column `metadata`, it distinguishes rows with an unknown outcome from failures.
 */
export function stepRunsOfBatch(batch: LogBatch, nowMs: number): StepRun[] {
  const metadata = textReader(batch, 'metadata')
  const text = (name: Name) => textReader(batch, name)
  const number = (name: Name) => numberReader(batch, name)
  const time = (name: Name) => timeReader(batch, name)
  const [pipeline, phase, step, runId] = [text('pipeline_id'), text('phase'), text('step_name'), text('run_id')]
  const [executionId, mode, error] = [text('execution_id'), text('run_mode'), text('error_message')]
  const [start, runStart, end, created] = [
    time('start_time'),
    time('run_started_at'),
    time('end_time'),
    time('created_at'),
  ]
  const [duration, rows, written] = [number('duration_secs'), number('rows_processed'), number('rows_written')]
  const [rate, success] = [number('validation_rate'), number('success')]
  return Array.from({ length: batch.rowCount }, (_, at) => {
    const startedMs = start(at)
    const runStartMs = runStart(at)
    const run: StepRun = {
      pipeline: pipeline(at) ?? 'unknown',
      phase: phase(at) ?? 'unknown',
      step: step(at) ?? 'unknown',
      runId: runId(at) ?? '',
      executionId: executionId(at) ?? '',
      mode: mode(at) ?? 'incremental',
      timeMs: startedMs ?? runStartMs ?? end(at) ?? created(at) ?? nowMs,
      runStartMs,
      writtenMs: created(at),
      durationSecs: duration(at) ?? Number.NaN,
      rows: rows(at) ?? Number.NaN,
      rowsWritten: written(at),
      validationRate: rate(at) ?? Number.NaN,
      success: success(at) === 1,
      error: error(at),
    }
    return run.success || hasFailed({ success: false, metadata: metadata(at) }) ? run : withoutOutcome(run)
  })
}

function textReader(batch: LogBatch, name: string): (at: number) => string | null {
  const vector = vectorOf(batch, name)
  if (vector === undefined) return () => null
  const { validity } = vector
  if (vector.kind === 'dictionary') {
    const { values, dictionary } = vector
    return (at) => (isValid(validity, at) ? (dictionary[values[at] ?? 0] ?? '') : null)
  }
  if (vector.kind === 'text') return (at) => (isValid(validity, at) ? (vector.values[at] ?? '') : null)
  return () => null
}

/** Returns a reader of numbers. Tables of other tools may hold them as decimals. */
function numberReader(batch: LogBatch, name: string): (at: number) => number | null {
  const [vector, column] = [vectorOf(batch, name), batch.columns.find((each) => each.name === name)]
  if (vector?.kind === 'decimal' && column) {
    return (at) => (isValid(vector.validity, at) ? Number(valueAt(vector, column.type, at)) : null)
  }
  if (vector === undefined || !ArrayBuffer.isView(vector.values)) return () => null
  const { values, validity } = vector
  return (at) => (isValid(validity, at) ? Number(values[at]) : null)
}

/** Returns a reader of times in milliseconds. Tables of other tools may hold them as text. */
function timeReader(batch: LogBatch, name: string): (at: number) => number | null {
  const vector = vectorOf(batch, name)
  if (vector === undefined) return () => null
  if (vector.kind === 'int64') {
    const { values, validity } = vector
    // Tables of other writers may hold infinite times, and years that no text of a row can have.
    return (at) => {
      const micros = values[at] ?? 0n
      return isValid(validity, at) && micros >= MIN_MICROS && micros <= MAX_MICROS ? Number(micros) / 1000 : null
    }
  }
  const column = batch.columns.find((each): each is ColumnDefinition => each.name === name)
  return (at) => {
    const micros = instantOf(valueAt(vector, column?.type ?? 'string', at))
    return micros === undefined ? null : Number(micros) / 1000
  }
}
