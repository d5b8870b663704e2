import { columnBuilder } from '../batch/column-builder.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { limitsOf } from '../column/limits.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import { defaultsFor, type RowDefaults } from '../log/defaults.ts'
import { type EncodedField, encodeCells } from './encode-cells.ts'
import { type LogCells, logCells, readLogFields } from './log-fields.ts'
import type { Redaction } from './redaction.ts'
import { type BlockRefusals, blockRefusals, type RefusedRow, type RowRefusal } from './row-refusal.ts'
import { countKeys, newColumns, unknownFields, withMetadata } from './unknown-fields.ts'

export interface EncoderOptions extends RowDefaults {
  /** `strict` rejects values of another type; `lenient` converts them if nothing is lost. */
  readonly mode: 'strict' | 'lenient'
  /** The handling of unknown fields: they are rejected, moved into the metadata, or become new columns. */
  readonly unknown: 'refuse' | 'metadata' | 'column'
  /** The columns of the table in addition to those of the log. */
  readonly extraColumns?: readonly ColumnDefinition[] | undefined
  readonly redaction?: Redaction | undefined
  /** Number of rows to come, if known. */
  readonly expectedRows?: number | undefined
  /** Accepts values outside the limits of their columns, and nulls in every column. Default false. */
  readonly isUnlimited?: boolean | undefined
}

type RowFields = Readonly<Record<string, unknown>>

/**
 * Validates rows, fills in defaults and encodes them into columns, in one pass. It has no getters: V8 keeps an object with a getter, and everything
 * that it refers to, in memory until the next full collection, and each write creates an encoder.
 */
export interface LogRowEncoder {
  /** Adds a row. If it is rejected, the slots of its row hold nulls or arbitrary values. */
  add(row: unknown): RowRefusal | undefined
  /** Adds rows `start` to `end` (exclusive), several times faster than {@link add}; returns the rejected rows with their positions. */
  addAll(rows: readonly unknown[], start: number, end: number): RefusedRow[]
  /** Returns the number of rows so far, including rejected ones. */
  rowCount(): number
  finish(): LogBatch
  /** Returns the names of extra columns that every row so far leaves out; an explicit null counts as a value. */
  leftOut(): string[]
  /** Removes all rows and reuses the memory of the finished batch. */
  clear(): void
}

/** The number of rows that are encoded column by column; few enough to stay in the CPU cache. */
const BLOCK_ROWS = 256
/** Stands in for a value that is not an object. */
const NO_ROW: RowFields = { phase: 'pipeline' }

export function logRowEncoder(options: EncoderOptions): LogRowEncoder {
  const columns: readonly ColumnDefinition[] = [...LOG_COLUMNS, ...(options.extraColumns ?? [])]
  const defaults = defaultsFor(options)
  const cells = logCells()
  const newField = (column: ColumnDefinition): EncodedField => ({
    column,
    cells: Object.hasOwn(cells, column.name) ? cells[column.name as keyof LogCells] : [],
    isRequired: !column.nullable && !options.isUnlimited,
    builder: columnBuilder(column, {
      ...(!options.isUnlimited && { limits: limitsOf(column) }),
      expectedRows: options.expectedRows ?? 0,
    }),
    fallback: defaults.get(column.name),
    redact: options.redaction?.get(column.name),
  })
  const fields = columns.map(newField)
  const state: EncoderState = {
    options,
    fields,
    known: new Set(columns.map(({ name }) => name)),
    cells,
    newField,
    rowCount: 0,
    leftOut: new Set(options.extraColumns?.map(({ name }) => name)),
    rows: [],
    missing: new Uint32Array(BLOCK_ROWS),
  }
  const single: unknown[] = []
  return {
    add(row) {
      single[0] = row
      const [refused] = addBlock(single, { start: 0, end: 1 }, state)
      return refused && { problems: refused.problems, unknownFields: refused.unknownFields }
    },
    addAll(rows, start, end) {
      const refused: RefusedRow[] = []
      for (let from = start; from < end; from += BLOCK_ROWS) {
        refused.push(...addBlock(rows, { start: from, end: Math.min(end, from + BLOCK_ROWS) }, state))
      }
      return refused
    },
    rowCount: () => state.rowCount,
    leftOut: () => state.fields.flatMap(({ column: { name } }) => (state.leftOut.has(name) ? name : [])),
    finish: () => ({
      rowCount: state.rowCount,
      columns: state.fields.map(({ column }) => column),
      vectors: state.fields.map(({ builder }) => builder.finish()),
    }),
    clear() {
      state.rowCount = 0
      for (const { name } of options.extraColumns ?? []) state.leftOut.add(name)
      for (const { builder } of state.fields) builder.clear()
    },
  }
}

interface EncoderState {
  readonly options: EncoderOptions
  readonly fields: EncodedField[]
  /** The names of these columns. */
  readonly known: Set<string>
  /** The values of the log's columns in the current block. */
  readonly cells: LogCells
  readonly newField: (column: ColumnDefinition) => EncodedField
  rowCount: number
  /** The names of extra columns that no row has. */
  readonly leftOut: Set<string>
  /** The rows of the current block. */
  readonly rows: RowFields[]
  /** The number of fields that each row of the block leaves out. */
  readonly missing: Uint32Array
}

/** A block: rows `start` to `end` (exclusive) of an array. */
interface Block {
  readonly start: number
  readonly end: number
}

function addBlock(given: readonly unknown[], { start, end }: Block, state: EncoderState): readonly RefusedRow[] {
  const { options, fields, rows, missing } = state
  const refusals = blockRefusals()
  rows.length = end - start
  for (let at = start; at < end; at++) rows[at - start] = fieldsOf(given[at], at - start, state, refusals)
  readCells(rows, state)
  missing.fill(0)
  for (const field of fields) encodeCells(field, rows, { mode: options.mode, missing, refusals })
  if (options.unknown !== 'metadata') addUnknown(rows, missing, refusals, state)
  state.rowCount += rows.length
  return refusals.finish(start)
}

function fieldsOf(row: unknown, at: number, { options, known }: EncoderState, refusals: BlockRefusals): RowFields {
  if (typeof row !== 'object' || row === null) {
    refusals.problem(at, '(row)', 'an object')
    return NO_ROW
  }
  const given = row as RowFields
  if (options.unknown !== 'metadata') return given
  const moved = unknownFields(given, known)
  return moved.length > 0 ? withMetadata(given, moved) : given
}

function readCells(rows: readonly RowFields[], { cells, fields, leftOut }: EncoderState): void {
  for (let at = 0; at < rows.length; at++) readLogFields(rows[at] ?? NO_ROW, cells, at)
  for (const { column, cells: extra } of fields.slice(LOG_COLUMNS.length)) {
    for (const [at, row] of rows.entries()) {
      // A column may have the name of a property that every object inherits.
      const value = Object.hasOwn(row, column.name) ? row[column.name] : undefined
      if (value !== undefined) leftOut.delete(column.name)
      extra[at] = value
    }
  }
}

function addUnknown(rows: readonly RowFields[], missing: Uint32Array, refusals: BlockRefusals, state: EncoderState) {
  const { options, fields, known, newField, rowCount } = state
  const added = newColumns({ mode: options.mode, refusals, rowsBefore: rowCount, blockRows: rows.length, newField })
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? NO_ROW
    // Counting keys is far cheaper than looking each one up, so only rows with a different count are examined.
    if (countKeys(row) === fields.length - (missing[at] ?? 0)) continue
    for (const name of unknownFields(row, known)) {
      if (options.unknown === 'refuse') refusals.unknownField(at, name)
      else if (row[name] !== null) added.add(at, name, row[name])
    }
  }
  for (const field of added.finish()) {
    fields.push(field)
    known.add(field.column.name)
  }
}
