import type { ColumnBuilder } from '../batch/column-builder.ts'
import { columnBuilder } from '../batch/column-builder.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from './column-definition.ts'
import { LOG_COLUMNS } from './columns.ts'
import { defaultsFor, type RowDefaults } from './defaults.ts'
import { convert } from './lenient.ts'
import { limitProblem } from './limits.ts'
import type { Redaction } from './redaction.ts'

export interface RowProblem {
  /** Position of the row in the call, from 0. */
  readonly row: number
  readonly field: string
  readonly expected: string
}

export interface EncoderOptions extends RowDefaults {
  readonly mode: 'strict' | 'lenient'
  /** Columns of the table beyond those of the log. */
  readonly extraColumns?: readonly ColumnDefinition[]
  readonly redaction?: Redaction
}

type RowFields = Readonly<Record<string, unknown>>

interface Field {
  readonly column: ColumnDefinition
  readonly builder: ColumnBuilder
  readonly fallback: ((row: RowFields) => unknown) | undefined
  readonly redact: ((value: unknown) => unknown) | undefined
}

const MOST_PROBLEMS = 100

/** Validates rows, fills in defaults and lays them out in columns, in one pass. */
export interface LogRowEncoder {
  add(row: unknown): void
  readonly rowCount: number
  readonly problems: readonly RowProblem[]
  /** Fields that are no column. In `lenient` mode they are in the metadata already. */
  readonly unknownFields: ReadonlySet<string>
  finish(): LogBatch
}

export function logRowEncoder(options: EncoderOptions): LogRowEncoder {
  const columns: readonly ColumnDefinition[] = [...LOG_COLUMNS, ...(options.extraColumns ?? [])]
  const defaults = defaultsFor(options)
  const fields: Field[] = columns.map((column) => ({
    column,
    builder: columnBuilder(column),
    fallback: defaults.get(column.name),
    redact: options.redaction?.get(column.name),
  }))
  const known = new Set(columns.map((column) => column.name))
  const problems: RowProblem[] = []
  const unknownFields = new Set<string>()
  let rowCount = 0

  const report = (field: string, expected: string) => {
    if (problems.length < MOST_PROBLEMS) problems.push({ row: rowCount, field, expected })
  }
  const addFields = (row: RowFields): number => {
    let given = 0
    for (const field of fields) {
      const { column } = field
      let value = row[column.name]
      if (value !== undefined) given++
      if (value === undefined || (value === null && !column.nullable)) value = field.fallback?.(row)
      if (field.redact && value !== null && value !== undefined) value = field.redact(value)
      const problem = addValue(field, value, options.mode)
      if (problem === undefined) continue
      field.builder.addNull()
      report(column.name, problem)
    }
    return given
  }
  return {
    add(row) {
      if (typeof row !== 'object' || row === null) {
        for (const { builder } of fields) builder.addNull()
        report('(row)', 'an object')
      } else {
        let fieldsOfRow = row as RowFields
        const extras = options.mode === 'lenient' ? extraFields(fieldsOfRow, known) : undefined
        if (extras && extras.length > 0) fieldsOfRow = withMetadata(fieldsOfRow, extras)
        const given = addFields(fieldsOfRow)
        // Counting keys is far cheaper than looking each of them up; only rows that differ are looked at.
        if (options.mode === 'strict' && countKeys(fieldsOfRow) !== given) {
          for (const name of extraFields(fieldsOfRow, known)) unknownFields.add(name)
        }
      }
      rowCount++
    },
    get rowCount() {
      return rowCount
    },
    problems,
    unknownFields,
    finish: () => ({ rowCount, columns, vectors: fields.map((field) => field.builder.finish()) }),
  }
}

function addValue({ column, builder }: Field, value: unknown, mode: EncoderOptions['mode']): string | undefined {
  if (value === undefined || value === null) {
    if (!column.nullable) return 'given'
    builder.addNull()
    return undefined
  }
  const limit = limitProblem(column, value)
  if (limit === undefined) {
    const problem = builder.add(value)
    if (problem === undefined || mode === 'strict') return problem
  } else if (mode === 'strict') return limit
  const converted = convert(column.type, value)
  return converted === undefined
    ? (limit ?? builder.add(value))
    : (limitProblem(column, converted) ?? builder.add(converted))
}

function countKeys(row: RowFields): number {
  let count = 0
  for (const _key in row) count++
  return count
}

function extraFields(row: RowFields, known: ReadonlySet<string>): string[] {
  return Object.keys(row).filter((key) => !known.has(key) && row[key] !== undefined)
}

/** The row with fields that are no column moved into its metadata; fields win over metadata of the same name. */
function withMetadata(row: RowFields, extras: readonly string[]): RowFields {
  const entries = Object.entries(metadataObject(row.metadata))
  const moved = extras.map((name) => [name, row[name]] as const)
  return { ...row, metadata: Object.fromEntries([...entries, ...moved]) }
}

function metadataObject(metadata: unknown): object {
  if (metadata === undefined || metadata === null) return {}
  if (typeof metadata !== 'string') return Array.isArray(metadata) ? { metadata } : Object(metadata)
  try {
    return metadataObject(JSON.parse(metadata))
  } catch {
    return { metadata }
  }
}
