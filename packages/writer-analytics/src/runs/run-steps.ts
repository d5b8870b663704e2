import {
  and,
  batchRows,
  eq,
  hasFailed,
  isIn,
  knownDurationSecs,
  metadataFields,
  type Row,
  readEnd,
  readRunStart,
  readStart,
  statusOf,
  type Value,
  WriterPerformanceError,
} from '@forge/writer-core'
import { isoFromMicros, parseMicros, textOrNull } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { knownRows } from './known-rows.ts'

/** The last attempt of one step of a run. */
export interface RunStep {
  readonly phase: string
  readonly step: string
  /** Null if the outcome is unknown. */
  readonly success: boolean | null
  /** The status of its metadata, otherwise `success` or `failed`. */
  readonly status: string
  /** The number of executions in which the step ran. */
  readonly attempts: number
  /** Seconds; null if the stored value is NaN or infinite. */
  readonly durationSecs: number | null
  /** Null if its rows are not known. */
  readonly rowsProcessed: number | null
  readonly rowsWritten: number | null
  readonly invalidRows: number
  /** Percent, 0-100; null if the stored value is NaN or infinite. */
  readonly validationRate: number | null
  /** ISO 8601, UTC; null if it is not recorded. */
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly errorMessage: string | null
}

/** The record of one run. */
export interface RunRecord {
  readonly runId: string
  readonly pipeline: string
  readonly mode: string
  /** False if the last attempt of a step failed; null if none failed and one is unknown. A run without steps has the outcome of its own row. */
  readonly success: boolean | null
  /** The earliest start of the run that a row names. ISO 8601, UTC; null if no row has a time. */
  readonly startedAt: string | null
  /** The latest end of its rows; null if none ended. */
  readonly endedAt: string | null
  /** The duration of the run's own row, otherwise from its start to its end; seconds. Null if neither is recorded. */
  readonly durationSecs: number | null
  readonly rowsProcessed: number
  readonly rowsWritten: number
  /** The number of steps whose duration or validation rate is NaN or infinite: these values are in no figure. */
  readonly nonFiniteSteps: number
  /** The steps in order of start. */
  readonly steps: readonly RunStep[]
}

/** A run with more rows is not read into memory. */
const MAX_ROWS = 100_000
/** Rows that stay in memory for other functions with the same reading. */
const MAX_KNOWN_ROWS = 20_000

const COLUMNS = [
  'run_id',
  'execution_id',
  'pipeline_id',
  'run_mode',
  'phase',
  'step_name',
  'success',
  'duration_secs',
  'rows_processed',
  'rows_written',
  'invalid_rows',
  'validation_rate',
  'start_time',
  'end_time',
  'run_started_at',
  'run_ended_at',
  'error_message',
  'metadata',
  'created_at',
]

/** Reads a run; undefined if it does not exist. Throws WriterPerformanceError if it has more than 100,000 rows. */
export async function readRun(reading: LogReading, runId: string): Promise<RunRecord | undefined> {
  const rows = await readRunRows(reading, runId)
  return rows.length === 0 ? undefined : runOf(runId, rows)
}

/** Reads the rows of a run in order of start. Throws WriterPerformanceError for more than 100,000. */
export async function readRunRows(reading: LogReading, runId: string): Promise<readonly Row[]> {
  const known = knownRows(reading)?.get(runId)
  if (known) return known
  const rows: Row[] = []
  const found = reading.reader.scan({
    columns: COLUMNS.filter((name) => reading.hasColumn(name)),
    where: and(eq('run_id', runId)),
    limit: MAX_ROWS + 1,
  })
  for await (const batch of found) rows.push(...batchRows(batch))
  if (rows.length > MAX_ROWS) {
    throw new WriterPerformanceError(`run ${runId} has more than ${MAX_ROWS} rows`, {
      context: { mostRows: MAX_ROWS },
    })
  }
  return sortByTime(rows)
}

/**
 * Reads the rows of several runs, each in order of start, in one scan. Runs that have more than 100,000 rows together are left out, to be read one by
 * one.
 */
export async function readRowsOfRuns(
  reading: LogReading,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const known = knownRows(reading)
  const unread = runIds.filter((runId) => !known?.has(runId))
  const found = new Map<string, Row[]>(unread.map((runId) => [runId, []]))
  const batches = reading.reader.scan({
    columns: COLUMNS.filter((name) => reading.hasColumn(name)),
    where: isIn('run_id', unread),
    limit: MAX_ROWS + 1,
  })
  let count = 0
  for await (const batch of unread.length === 0 ? [] : batches) {
    count += batch.rowCount
    if (count > MAX_ROWS) return new Map()
    for (const row of batchRows(batch)) found.get(String(row.run_id))?.push(row)
  }
  const read = new Map<string, readonly Row[]>()
  for (const runId of runIds) {
    const rows = found.get(runId)
    read.set(runId, rows ? sortByTime(rows) : (known?.get(runId) ?? []))
  }
  if (known && count <= MAX_KNOWN_ROWS) for (const [runId, rows] of read) known.set(runId, rows)
  return read
}

/** Returns the run that the rows, in order of start, record. */
export function runOf(runId: string, rows: readonly Row[]): RunRecord {
  const own = rows.findLast(({ phase }) => phase === 'pipeline')
  const steps = lastAttempts(rows.filter(({ phase }) => phase !== 'pipeline'))
  const first = own ?? rows[0]
  const startedAt = textOf(rows.flatMap((row) => readRunStart(row) ?? []).sort(compareMicros)[0])
  const lastEnd = textOf(
    rows
      .flatMap((row) => readEnd(row) ?? [])
      .sort(compareMicros)
      .at(-1),
  )
  const isLost = own !== undefined && statusOf(own) === 'lost'
  // Clocks that disagree do not make a run end before it starts.
  const endedAt = isLost ? null : lastEnd !== null && startedAt !== null && lastEnd < startedAt ? startedAt : lastEnd
  return {
    runId,
    pipeline: String(first?.pipeline_id),
    mode: String(first?.run_mode),
    success: overallSuccess(decidingSteps(rows, steps).map(({ success }) => success)),
    startedAt,
    endedAt,
    durationSecs: isLost ? null : ((own && durationOf(own)) ?? secondsBetween(startedAt, endedAt)),
    rowsProcessed: steps.reduce((sum, step) => sum + (step.rowsProcessed ?? 0), 0),
    rowsWritten: steps.reduce((sum, step) => sum + (step.rowsWritten ?? 0), 0),
    nonFiniteSteps: steps.filter(
      ({ status, durationSecs, validationRate }) =>
        (durationSecs === null && status !== 'lost') || validationRate === null,
    ).length,
    steps,
  }
}

/** Returns what decides whether a run failed: its steps, and its own rows if it has no steps, or if they stand for steps that cannot be read. */
function decidingSteps(rows: readonly Row[], steps: readonly RunStep[]): readonly RunStep[] {
  const own = rows.filter(({ phase }) => phase === 'pipeline')
  const isUnread = own.some((row) => row.success === false && metadataField(row, 'rejected_results') !== undefined)
  return isUnread || steps.length === 0 ? [...steps, ...lastAttempts(own)] : steps
}

/** Returns a field of the metadata of a row; undefined if it has none. */
export function metadataField({ metadata }: Row, name: string): unknown {
  const text = typeof metadata === 'string' && metadata.includes(name) ? metadata : ''
  return metadataFields(text)[name] ?? undefined
}

/** Returns the rows of each step, by {@link stepKey}; the steps in order of the start of their last attempt. */
export function rowsByStep(rows: readonly Row[]): Map<string, Row[]> {
  const steps = new Map<string, Row[]>()
  for (const row of rows) {
    const key = stepKey({ phase: String(row.phase), step: String(row.step_name) })
    const before = steps.get(key) ?? []
    // A later attempt is placed by its own start.
    steps.delete(key)
    before.push(row)
    steps.set(key, before)
  }
  return steps
}

/** Returns the key of a step within its run. */
export function stepKey({ phase, step }: Pick<RunStep, 'phase' | 'step'>): string {
  return JSON.stringify([phase, step])
}

function lastAttempts(rows: readonly Row[]): RunStep[] {
  return [...rowsByStep(rows).values()].flatMap((attempts) => stepOf(attempts) ?? [])
}

/** Returns the attempt that started last; of those that started together, one that failed. All rows of an attempt must have succeeded. */
function stepOf(rows: readonly Row[]): RunStep | undefined {
  const last = rows.at(-1)
  if (last === undefined) return undefined
  const bad = new Set(rows.filter(hasFailed).map(({ execution_id }) => execution_id))
  const known = new Set(rows.filter((row) => successOf(row) !== null).map(({ execution_id }) => execution_id))
  const failed = rows.findLast(({ execution_id }) => bad.has(execution_id))
  const good = rows.findLast(({ execution_id }) => known.has(execution_id) && !bad.has(execution_id))
  const unknown = rows.findLast(({ execution_id }) => !known.has(execution_id))
  const isFailed = failed !== undefined && (good === undefined || startOf(failed) >= startOf(good))
  const isUnknown = !isFailed && unknown !== undefined && (good === undefined || startOf(unknown) >= startOf(good))
  const row = (isFailed ? rows.findLast(hasFailed) : isUnknown ? unknown : good) ?? last
  return {
    phase: String(row.phase),
    step: String(row.step_name),
    success: isFailed ? false : isUnknown ? null : true,
    status: statusOf(row) ?? (row.success === false ? 'failed' : 'success'),
    attempts: new Set(rows.map(({ execution_id }) => execution_id)).size,
    durationSecs: durationOf(row),
    rowsProcessed: metadataField(row, 'rows_unknown') === undefined ? Number(row.rows_processed ?? 0) : null,
    invalidRows: Number(row.invalid_rows ?? 0),
    rowsWritten: row.rows_written === null || row.rows_written === undefined ? null : Number(row.rows_written),
    validationRate: finiteOrNull(row.validation_rate),
    startedAt: textOrNull(row.start_time),
    endedAt: textOrNull(row.end_time),
    errorMessage: textOrNull(row.error_message),
  }
}

/** Returns null for a row whose outcome is unknown. */
export function successOf(row: Row): boolean | null {
  if (row.success !== false) return true
  return statusOf(row) === 'unknown' ? null : false
}

function overallSuccess(outcomes: readonly (boolean | null)[]): boolean | null {
  if (outcomes.includes(false)) return false
  return outcomes.includes(null) ? null : true
}

/** Returns the duration of a row; 0 for a table without durations, and null for one that is not known. */
export function durationOf(row: Row): number | null {
  return knownDurationSecs({ ...row, duration_secs: row.duration_secs ?? 0 })
}

/** Returns 0 for a missing value, and null for NaN and infinity. */
function finiteOrNull(value: Value | undefined): number | null {
  const number = Number(value ?? 0)
  return Number.isFinite(number) ? number : null
}

/** Returns the seconds from one instant to another; null if one is missing. */
export function secondsBetween(from: string | null, to: string | null): number | null {
  const [start, end] = [from === null ? undefined : parseMicros(from), to === null ? undefined : parseMicros(to)]
  return start === undefined || end === undefined ? null : Number(end - start) / 1e6
}

// Timestamps are ISO 8601 in UTC with six digits, so that text has the order of time.
function sortByTime(rows: readonly Row[]): Row[] {
  const keyed = rows.map((row) => ({ row, key: `${startOf(row)} ${row.execution_id} ${row.step_name}` }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ row }) => row)
}

function startOf(row: Row): string {
  return textOf(readStart(row)) ?? ''
}

function compareMicros(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function textOf(micros: bigint | undefined): string | null {
  return micros === undefined ? null : isoFromMicros(micros)
}
