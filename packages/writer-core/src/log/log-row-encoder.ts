import type { ColumnBuilder } from '../batch/column-builder.ts'
import { columnBuilder } from '../batch/column-builder.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition, ColumnType } from './column-definition.ts'
import { LOG_COLUMNS } from './columns.ts'
import { defaultsFor, type RowDefaults } from './defaults.ts'
import { identifierProblem } from './identifier.ts'
import { convert } from './lenient.ts'
import { type Limits, limitProblem, limitsOf } from './limits.ts'
import { readLogFields } from './log-fields.ts'
import type { Redaction } from './redaction.ts'

export interface FieldProblem {
  readonly field: string
  readonly expected: string
}

/** Why a row is no row of the log. */
export interface RowRefusal {
  readonly problems: readonly FieldProblem[]
  /** Fields that are no column, where these are refused. */
  readonly unknownFields: readonly string[]
}

export interface EncoderOptions extends RowDefaults {
  /** `lenient` converts values where nothing is lost. */
  readonly mode: 'strict' | 'lenient'
  /** What becomes of fields that are no column: reported, put into the metadata, or new columns. */
  readonly unknown: 'refuse' | 'metadata' | 'column'
  /** Columns of the table beyond those of the log. */
  readonly extraColumns?: readonly ColumnDefinition[]
  readonly redaction?: Redaction
  /** How many rows will come, where it is known. */
  readonly expectedRows?: number
}

type RowFields = Readonly<Record<string, unknown>>

interface Field {
  readonly column: ColumnDefinition
  readonly nullable: boolean
  readonly limits: Limits
  readonly builder: ColumnBuilder
  readonly fallback: ((row: RowFields) => unknown) | undefined
  readonly redact: ((value: unknown) => unknown) | undefined
}

/** Validates rows, fills in defaults and lays them out in columns, in one pass. */
export interface LogRowEncoder {
  /** Takes the row. Where it is refused, its place is filled with nulls or values that mean nothing. */
  add(row: unknown): RowRefusal | undefined
  /** Rows so far, refused ones among them. */
  readonly rowCount: number
  finish(): LogBatch
}

export function logRowEncoder(options: EncoderOptions): LogRowEncoder {
  const columns: readonly ColumnDefinition[] = [...LOG_COLUMNS, ...(options.extraColumns ?? [])]
  const state: EncoderState = {
    options,
    defaults: defaultsFor(options),
    fields: [],
    known: new Set(columns.map((column) => column.name)),
    refusal: undefined,
    values: [],
    rowCount: 0,
  }
  for (const column of columns) state.fields.push(newField(column, state))
  return {
    add(row) {
      state.refusal = undefined
      if (typeof row === 'object' && row !== null) addRow(row as RowFields, state)
      else {
        for (const { builder } of state.fields) builder.addNull()
        report('(row)', 'an object', state)
      }
      state.rowCount++
      return state.refusal
    },
    get rowCount() {
      return state.rowCount
    },
    finish: () => ({
      rowCount: state.rowCount,
      columns: state.fields.map((field) => field.column),
      vectors: state.fields.map((field) => field.builder.finish()),
    }),
  }
}

interface EncoderState {
  readonly options: EncoderOptions
  readonly defaults: ReadonlyMap<string, (row: RowFields) => unknown>
  readonly fields: Field[]
  readonly known: Set<string>
  /** Of the row that is being added. */
  refusal: { readonly problems: FieldProblem[]; readonly unknownFields: string[] } | undefined
  /** Of the row that is being added, by field. */
  readonly values: unknown[]
  rowCount: number
}

function newField(column: ColumnDefinition, { defaults, options }: EncoderState): Field {
  return {
    column,
    nullable: column.nullable,
    limits: limitsOf(column),
    builder: columnBuilder(column, options.expectedRows),
    fallback: defaults.get(column.name),
    redact: options.redaction?.get(column.name),
  }
}

function addRow(given: RowFields, state: EncoderState): void {
  const { options, fields, known } = state
  const moved = options.unknown === 'metadata' ? extraFields(given, known) : []
  const row = moved.length > 0 ? withMetadata(given, moved) : given
  const { values } = state
  readLogFields(row, values)
  for (let at = LOG_COLUMNS.length; at < fields.length; at++) values[at] = row[fields[at]?.column.name ?? '']
  let found = 0
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at]
    if (field === undefined) continue
    let value = values[at]
    if (value !== undefined) found++
    if (value === undefined || (value === null && !field.nullable)) value = field.fallback?.(row)
    if (field.redact !== undefined && value !== null && value !== undefined) value = field.redact(value)
    const problem = addValue(field, value, options.mode)
    if (problem === undefined) continue
    field.builder.addNull()
    report(field.column.name, problem, state)
  }
  // Counting keys is far cheaper than looking each of them up; only rows that differ are looked at.
  if (options.unknown === 'metadata' || countKeys(row) === found) return
  for (const name of extraFields(row, known)) {
    if (options.unknown === 'refuse') refusalOf(state).unknownFields.push(name)
    else if (row[name] !== null) addColumn(name, row[name], state)
  }
}

/** Makes the field a column, null in the rows before this one. */
function addColumn(name: string, value: unknown, state: EncoderState): void {
  const type = typeOf(value)
  const problem = identifierProblem(name)
  if (type === undefined || problem !== undefined) {
    const expected =
      problem === undefined ? 'text, a number, true or false, a time or JSON' : `named well: it ${problem}`
    report(name, expected, state)
    return
  }
  const field = newField({ name, type, nullable: true }, state)
  for (let row = 0; row < state.rowCount; row++) field.builder.addNull()
  const refused = addValue(field, field.redact ? field.redact(value) : value, state.options.mode)
  if (refused !== undefined) {
    field.builder.addNull()
    report(name, refused, state)
  }
  state.fields.push(field)
  state.known.add(name)
}

function report(field: string, expected: string, state: EncoderState): void {
  refusalOf(state).problems.push({ field, expected })
}

function refusalOf(state: EncoderState): NonNullable<EncoderState['refusal']> {
  state.refusal ??= { problems: [], unknownFields: [] }
  return state.refusal
}

function addValue({ nullable, limits, builder, column }: Field, value: unknown, mode: EncoderOptions['mode']) {
  if (value === undefined || value === null) {
    if (!nullable) return 'given'
    builder.addNull()
    return undefined
  }
  const limit = limitProblem(limits, value)
  const problem = limit ?? builder.add(value)
  if (problem === undefined || mode === 'strict') return problem
  const converted = convert(column.type, value)
  if (converted === undefined) return problem
  return limitProblem(limits, converted) ?? builder.add(converted)
}

/** The type of a new column for such a value: numbers are doubles, so that a later fraction fits too; undefined for what no column holds. */
export function typeOf(value: unknown): ColumnType | undefined {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return 'double'
    case 'bigint':
      return 'int64'
    case 'boolean':
      return 'boolean'
    case 'object':
      return value instanceof Date ? 'timestamp' : 'json'
    default:
      return undefined
  }
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
