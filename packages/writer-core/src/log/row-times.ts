import type { ColumnDefinition } from '../column/column-definition.ts'
import { findColumn } from '../column/column-names.ts'
import { call, column } from '../predicate/build.ts'
import type { Expression } from '../predicate/predicate.ts'
import { MAX_MICROS, microsFromDate, parseMicros } from '../time/instant.ts'
import { LOG_COLUMNS } from './columns.ts'
import { timeColumns } from './started-at.ts'

/** The times of a row, as a caller gives them or as they are stored: Dates, or ISO 8601 text with a zone. */
export interface RowTimes {
  readonly start_time?: unknown | undefined
  readonly run_started_at?: unknown | undefined
  readonly end_time?: unknown | undefined
  readonly run_ended_at?: unknown | undefined
  readonly created_at?: unknown | undefined
  readonly duration_secs?: unknown | undefined
}

type TimeColumn = Exclude<keyof RowTimes, 'duration_secs'>

const START_TIMES = timeColumns(LOG_COLUMNS) as readonly TimeColumn[]
const RUN_START_TIMES: readonly TimeColumn[] = ['run_started_at', 'start_time', 'end_time', 'created_at']
const END_TIMES: readonly TimeColumn[] = ['end_time', 'run_ended_at']

/**
 * Returns when a row started, in microseconds since 1970: its `start_time`, otherwise the start of its run, its end, or when it was recorded. A time
 * that is not an instant, such as text without a zone, is skipped, as the writer refuses it. Undefined if the row has no time.
 */
export function readStart(row: RowTimes): bigint | undefined {
  return firstInstant(row, START_TIMES)
}

/**
 * Returns when the run of a row started, in microseconds since 1970: its `run_started_at`, otherwise the time that {@link readStart} returns. A run
 * can start before its first step, so `run_started_at` comes first. A run started at the earliest of these times of its rows.
 */
export function readRunStart(row: RowTimes): bigint | undefined {
  return firstInstant(row, RUN_START_TIMES)
}

/**
 * Returns when a row ended, in microseconds since 1970: its `end_time`, otherwise the end of its run, otherwise its start plus `duration_secs`.
 * Undefined for a row that only started: a start is not an end, nor is the time of recording.
 */
export function readEnd(row: RowTimes): bigint | undefined {
  const end = firstInstant(row, END_TIMES)
  if (end !== undefined) return end
  const start = instantOf(row.start_time)
  const micros = Number(row.duration_secs ?? 0) * 1e6
  if (start === undefined || !(micros > 0)) return undefined
  return micros < Number(MAX_MICROS - start) ? start + BigInt(Math.round(micros)) : MAX_MICROS
}

/** Returns the expression of {@link readStart}; undefined if the table has none of its columns as timestamps. */
export function startExpression(columns: readonly ColumnDefinition[]): Expression | undefined {
  return firstTime(columns, START_TIMES)
}

/** Returns the expression of {@link readRunStart}; undefined if the table has none of its columns as timestamps. */
export function runStartExpression(columns: readonly ColumnDefinition[]): Expression | undefined {
  return firstTime(columns, RUN_START_TIMES)
}

/**
 * Returns the expression of {@link readEnd}, without durations, which expressions cannot add to times; undefined if the table has no column of ends.
 */
export function endExpression(columns: readonly ColumnDefinition[]): Expression | undefined {
  return firstTime(columns, END_TIMES)
}

/** Returns the instant of a Date, or of ISO 8601 text with a zone, in microseconds since 1970; undefined for everything else. */
export function instantOf(value: unknown): bigint | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : microsFromDate(value)
  return typeof value === 'string' ? parseMicros(value) : undefined
}

function firstInstant(row: RowTimes, names: readonly TimeColumn[]): bigint | undefined {
  for (const name of names) {
    const micros = instantOf(row[name])
    if (micros !== undefined) return micros
  }
  return undefined
}

/** Tables of other writers may lack some of the columns, or store them as text. */
function firstTime(columns: readonly ColumnDefinition[], names: readonly string[]): Expression | undefined {
  const known = names.filter((each) => findColumn(each, columns)?.type === 'timestamp')
  return known.length === 0 ? undefined : call('coalesce', ...known.map(column))
}
