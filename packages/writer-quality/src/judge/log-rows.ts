import { randomUUID } from 'node:crypto'
import {
  aggregateBatches,
  type ColumnDefinition,
  type ColumnType,
  columnTypeOf,
  isWriterError,
  LOG_COLUMNS,
  type LogBatch,
  type LogRowInput,
  logRowDefaults,
  scanBatches,
  type WriterConfig,
  WriterValidationError,
} from '@forge/writer-core'
import { type Fields, type RowLayout, rowLayout } from './row-layout.ts'
import type { RowsToJudge } from './rows-to-judge.ts'

export interface LogRowsOptions {
  readonly config: WriterConfig
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

const ROWS_PER_PART = 16_384

/**
 * Rows as they would be stored: what they leave out has its default, but no limit holds, so that rules can judge what a writer would refuse. Fields that
 * are no column of the log become columns. They are counted in parts, and laid out as a whole only where a rule asks for more than counts.
 * Throws WriterValidationError for what is no object, and when asked, for values that the type of their column cannot hold.
 */
export function logRows(rows: Iterable<LogRowInput>, { config, now, signal }: LogRowsOptions): RowsToJudge {
  const given: readonly Fields[] = Array.isArray(rows) ? rows : [...rows]
  assertObjects(given)
  const columns = [...LOG_COLUMNS.map(unlimited), ...extraColumns(given)]
  const defaults = logRowDefaults({ runId: randomUUID(), schema: config.tableSchema, now })
  const isLenient = config.schemaValidationMode === 'lenient'
  const layoutOf = (mostRows: number) => rowLayout({ columns, defaults, isLenient, mostRows })
  let laidOut: LogBatch | undefined
  const whole = () => {
    laidOut ??= layoutOf(given.length)(given)
    return laidOut
  }
  const signalled = signal && { signal }
  return {
    columns,
    parts: () => partsOf(given, layoutOf(Math.min(given.length, ROWS_PER_PART)), whole),
    aggregate: (query) => aggregateBatches([whole()], { ...query, ...signalled }, columns),
    scan: (query) => scanBatches([whole()], { ...query, ...signalled }, columns),
  }
}

function* partsOf(rows: readonly Fields[], layout: RowLayout, whole: () => LogBatch): Generator<LogBatch> {
  for (let from = 0; from < rows.length; from += ROWS_PER_PART) {
    try {
      yield layout(rows.slice(from, from + ROWS_PER_PART))
    } catch (error) {
      // Told with the places of the rows in the whole.
      if (isWriterError(error, 'VALIDATION')) whole()
      throw error
    }
  }
}

function assertObjects(rows: readonly unknown[]): void {
  const wrong = rows.findIndex((row) => typeof row !== 'object' || row === null)
  if (wrong < 0) return
  throw new WriterValidationError(`row ${wrong} must be an object`, {
    context: { problems: [{ row: wrong, field: '(row)', expected: 'an object' }] },
  })
}

function unlimited({ name, type }: ColumnDefinition): ColumnDefinition {
  return { name, type, nullable: true }
}

const LOG_NAMES = new Set<string>(LOG_COLUMNS.map(({ name }) => name))

/** Fields with a value that are no column of the log. */
function extraColumns(rows: readonly Fields[]): ColumnDefinition[] {
  const found = new Map<string, ColumnType>()
  let known: readonly string[] = []
  for (const row of rows) {
    // Most rows have the fields of the one before, which are looked at once.
    if (hasKeys(row, known)) continue
    const keys = Object.keys(row)
    for (const name of keys) {
      const value = row[name] ?? null
      if (value !== null && !LOG_NAMES.has(name) && !found.has(name)) found.set(name, columnTypeOf(value) ?? 'string')
    }
    if (keys.every((name) => LOG_NAMES.has(name) || found.has(name))) known = keys
  }
  return [...found].map(([name, type]) => ({ name, type, nullable: true }))
}

/** Whether these are its fields, in this order. */
function hasKeys(row: Fields, keys: readonly string[]): boolean {
  let at = 0
  for (const key in row) if (key !== keys[at++]) return false
  return at === keys.length
}
