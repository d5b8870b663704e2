import { randomUUID } from 'node:crypto'
import {
  batchFromRows,
  type ColumnDefinition,
  type ColumnType,
  columnTypeOf,
  convertValue,
  LOG_COLUMNS,
  type LogBatch,
  type LogRowInput,
  logRowDefaults,
  type WriterConfig,
  WriterValidationError,
} from '@forge/writer-core'

type Fields = Readonly<Record<string, unknown>>

/**
 * Rows as they would be stored: what they leave out has its default, but no limit holds, so that rules can judge what a writer would refuse. Fields that
 * are no column of the log become columns. Throws WriterValidationError for values that the type of their column cannot hold.
 */
export function batchOfRows(rows: Iterable<LogRowInput>, config: WriterConfig, now: Date): LogBatch {
  const given = [...rows]
  const wrong = given.findIndex((row: unknown) => typeof row !== 'object' || row === null)
  if (wrong >= 0) {
    throw new WriterValidationError(`row ${wrong} must be an object`, {
      context: { problems: [{ row: wrong, field: '(row)', expected: 'an object' }] },
    })
  }
  const columns = [...LOG_COLUMNS.map(unlimited), ...extraColumns(given)]
  const defaults = logRowDefaults({ runId: randomUUID(), schema: config.tableSchema, now })
  const isLenient = config.schemaValidationMode === 'lenient'
  return batchFromRows(columns, filledRows(given, { columns, defaults, isLenient }))
}

interface Filling {
  readonly columns: readonly ColumnDefinition[]
  readonly defaults: ReturnType<typeof logRowDefaults>
  readonly isLenient: boolean
}

const NOT_NULLABLE = new Set<string>(LOG_COLUMNS.filter(({ nullable }) => !nullable).map(({ name }) => name))

function* filledRows(rows: readonly Fields[], { columns, defaults, isLenient }: Filling): Generator<Fields> {
  for (const row of rows) {
    const filled: [string, unknown][] = columns.map(({ name, type }) => {
      const value = row[name]
      const isMissing = value === undefined || (value === null && NOT_NULLABLE.has(name))
      const stored = isMissing ? defaults.get(name)?.(row) : value
      return [
        name,
        isLenient && typeof stored !== 'object' && !holds(type, stored)
          ? (convertValue(type, stored) ?? stored)
          : stored,
      ]
    })
    yield Object.fromEntries(filled)
  }
}

/** Whether the value is of the column's own type, and needs no converting. */
function holds(type: ColumnType, value: unknown): boolean {
  if (value === undefined || type === 'json') return true
  if (type === 'boolean') return typeof value === 'boolean'
  const isText = type === 'string' || type === 'timestamp' || type === 'date'
  return isText ? typeof value === 'string' : typeof value === 'number' || typeof value === 'bigint'
}

function unlimited({ name, type }: ColumnDefinition): ColumnDefinition {
  return { name, type, nullable: true }
}

const LOG_NAMES = new Set<string>(LOG_COLUMNS.map(({ name }) => name))

function extraColumns(rows: readonly Fields[]): ColumnDefinition[] {
  const found = new Map<string, ColumnType>()
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (value !== undefined && value !== null && !LOG_NAMES.has(name) && !found.has(name))
        found.set(name, columnTypeOf(value) ?? 'string')
    }
  }
  return [...found].map(([name, type]) => ({ name, type, nullable: true }))
}
