import {
  batchFromRows,
  type ColumnDefinition,
  type ColumnType,
  type ColumnVector,
  convertValue,
  isNested,
  type LogBatch,
  type logRowDefaults,
  vectorOf,
} from '@forge/writer-core'
import { LOG_FIELDS, type LogField } from './log-fields.ts'
import { type PlainColumn, plainColumn } from './plain-column.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface LayoutOptions {
  /** Those of the log, then others. */
  readonly columns: readonly ColumnDefinition[]
  readonly defaults: ReturnType<typeof logRowDefaults>
  /** Converts values where nothing is lost. */
  readonly isLenient: boolean
  /** Most rows of a part. */
  readonly mostRows: number
}

/** Lays out rows in columns, part after part in the same memory: a part is gone when the next one is laid out. */
export type RowLayout = (rows: readonly Fields[]) => LogBatch

/** Throws WriterValidationError, with places from the start of the part, for values that the type of their column cannot hold. */
export function rowLayout(options: LayoutOptions): RowLayout {
  const { columns, defaults, mostRows } = options
  const fields = LOG_FIELDS.map((field): LaidOut => {
    const { nullable, name, type } = field.column
    return { ...field, nullable, fallback: defaults.get(name), plain: plainColumn(type, mostRows) }
  })
  return (rows) => {
    const vectors = plainVectors(fields, rows)
    const others = columns.filter((_column, at) => !vectors[at])
    const isFilled = !options.isLenient && others.every(({ name }) => LOG_NAMES.has(name) && !defaults.has(name))
    const converted = batchFromRows(others, isFilled ? rows : filledRows(rows, others, options))
    return {
      rowCount: rows.length,
      columns,
      vectors: columns.flatMap(({ name }, at) => vectors[at] ?? vectorOf(converted, name) ?? []),
    }
  }
}

interface LaidOut extends LogField {
  readonly nullable: boolean
  readonly fallback: ((row: Fields) => unknown) | undefined
  readonly plain: PlainColumn | undefined
}

/** Rows that are read once for all columns before the next ones are: they stay in the processor's cache meanwhile. */
const ROWS_PER_TURN = 1024

/** Undefined where a value needs converting, or is of no type that the column can hold. */
function plainVectors(fields: readonly LaidOut[], rows: readonly Fields[]): (ColumnVector | undefined)[] {
  const given = new Set<LaidOut>()
  for (const field of fields) {
    field.plain?.start()
    if (field.plain) given.add(field)
  }
  for (let from = 0; from < rows.length; from += ROWS_PER_TURN) {
    const to = Math.min(rows.length, from + ROWS_PER_TURN)
    for (const field of given) if (!fill(field, rows, { from, to })) given.delete(field)
  }
  return fields.map((field) => (given.has(field) ? field.plain?.vector(rows.length) : undefined))
}

function fill(
  { read, fallback, nullable, plain }: LaidOut,
  rows: readonly Fields[],
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  for (let at = from; at < to; at++) {
    const row = rows[at] ?? {}
    let value = read(row)
    if (value === undefined || (value === null && !nullable)) value = fallback?.(row)
    if (!plain?.take(value, at)) return false
  }
  return true
}

const LOG_NAMES = new Set<string>(LOG_FIELDS.map(({ column }) => column.name))
const NOT_NULLABLE = new Set<string>(LOG_FIELDS.flatMap(({ column }) => (column.nullable ? [] : [column.name])))

function* filledRows(
  rows: readonly Fields[],
  columns: readonly ColumnDefinition[],
  { defaults, isLenient }: LayoutOptions,
): Generator<Fields> {
  for (const row of rows) {
    const filled: [string, unknown][] = columns.map(({ name, type }) => {
      // What is no column of the log may be called as something that every object has.
      const value = LOG_NAMES.has(name) || Object.hasOwn(row, name) ? row[name] : undefined
      const isMissing = value === undefined || (value === null && NOT_NULLABLE.has(name))
      const stored = isMissing ? defaults.get(name)?.(row) : value
      const isConverted = isLenient && typeof stored !== 'object' && !holds(type, stored)
      return [name, isConverted ? (convertValue(type, stored) ?? stored) : stored]
    })
    yield Object.fromEntries(filled)
  }
}

/** Whether the value is of the column's own type, and needs no converting. */
function holds(type: ColumnType, value: unknown): boolean {
  if (value === undefined || type === 'json' || isNested(type)) return true
  if (type === 'boolean') return typeof value === 'boolean'
  const isText = type === 'string' || type === 'timestamp' || type === 'date'
  return isText ? typeof value === 'string' : typeof value === 'number' || typeof value === 'bigint'
}
