import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { ColumnType } from '../column/column-type.ts'
import { WriterValidationError } from '../errors/kinds.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import type { RowDefaults } from '../log/defaults.ts'
import { logRowEncoder } from './log-row-encoder.ts'
import { typeOf } from './unknown-fields.ts'

export interface EncodeOptions extends RowDefaults {
  /** `strict` rejects values of another type; `lenient` converts them if nothing is lost. */
  readonly mode: 'strict' | 'lenient'
  /** The columns of the batches, as {@link inferColumns} returns them. */
  readonly columns: readonly ColumnDefinition[]
  /** The maximum number of rows in a batch. Default: all rows. */
  readonly batchRows?: number | undefined
}

const MAX_PROBLEMS = 20

/**
 * Encodes rows as the writer stores them, with defaults for what they leave out, but accepts values that the writer refuses for their limits, so that
 * rules can judge them. A batch is valid until the next one is taken. Throws WriterValidationError, with up to 20 problems, for rows that are not
 * objects and values of another type.
 */
export function* encodeLogRows(rows: readonly unknown[], options: EncodeOptions): Generator<LogBatch> {
  const { columns, batchRows = Math.max(1, rows.length), ...rest } = options
  const extraColumns = columns.slice(LOG_COLUMNS.length)
  const expectedRows = Math.min(rows.length, batchRows)
  const encoder = logRowEncoder({ ...rest, unknown: 'column', isUnlimited: true, extraColumns, expectedRows })
  const problems: { readonly row: number; readonly field: string; readonly expected: string }[] = []
  for (let from = 0; from < rows.length && problems.length < MAX_PROBLEMS; from += batchRows) {
    const refused = encoder.addAll(rows, from, Math.min(rows.length, from + batchRows))
    for (const { row, problems: own } of refused) problems.push(...own.map((problem) => ({ row, ...problem })))
    if (problems.length === 0) yield { ...encoder.finish(), columns }
    encoder.clear()
  }
  const [first] = problems
  if (!first) return
  const { row, field, expected } = first
  throw new WriterValidationError(`row ${row}${field === '(row)' ? '' : `: ${field}`} must be ${expected}`, {
    context: { problems: problems.slice(0, MAX_PROBLEMS) },
  })
}

const LOG_NAMES: ReadonlySet<string> = new Set(LOG_COLUMNS.map(({ name }) => name))

/** Returns the columns of the log without their limits, followed by one for each other field that has a value in one of the rows. */
export function inferColumns(rows: readonly unknown[]): readonly ColumnDefinition[] {
  const types = new Map<string, ColumnType>()
  let known: readonly string[] = []
  for (const row of rows) {
    // Most rows have the fields of the row before.
    if (typeof row !== 'object' || row === null || hasKeys(row, known)) continue
    const fields = row as Readonly<Record<string, unknown>>
    const names = Object.keys(fields)
    for (const name of names) {
      const value = fields[name] ?? null
      if (value !== null && !LOG_NAMES.has(name) && !types.has(name)) types.set(name, typeOf(value) ?? 'string')
    }
    if (names.every((name) => LOG_NAMES.has(name) || types.has(name))) known = names
  }
  const extra = Array.from(types, ([name, type]) => ({ name, type }))
  return [...LOG_COLUMNS, ...extra].map(({ name, type }) => ({ name, type, nullable: true }))
}

function hasKeys(row: object, keys: readonly string[]): boolean {
  let at = 0
  for (const key in row) if (key !== keys[at++]) return false
  return at === keys.length
}
