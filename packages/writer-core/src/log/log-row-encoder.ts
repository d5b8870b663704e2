import { columnBuilder } from '../batch/column-builder.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from './column-definition.ts'
import { LOG_COLUMNS } from './columns.ts'
import { defaultsFor, type RowDefaults } from './defaults.ts'
import { type EncodedField, encodeCells } from './encode-cells.ts'
import { limitsOf } from './limits.ts'
import { type LogCells, logCells, readLogFields } from './log-fields.ts'
import type { Redaction } from './redaction.ts'
import { type BlockRefusals, blockRefusals, type RefusedRow, type RowRefusal } from './row-refusal.ts'
import { countKeys, newColumns, unknownFields, withMetadata } from './unknown-fields.ts'

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

/**
 * Validates rows, fills in defaults and lays them out in columns, in one pass. Without getters, as everything that each write makes anew: an object with
 * one, and all that it refers to, stays in memory until the next full collection.
 */
export interface LogRowEncoder {
  /** Takes the row. Where it is refused, its place is filled with nulls or values that mean nothing. */
  add(row: unknown): RowRefusal | undefined
  /** {@link add} for rows `start` to `end`, several times as fast; tells those that are refused by their positions. */
  addAll(rows: readonly unknown[], start: number, end: number): RefusedRow[]
  /** Rows so far, refused ones among them. */
  rowCount(): number
  finish(): LogBatch
  /** Names of the extra columns that every row so far leaves out; a null that a row gives is a value of it. */
  leftOut(): string[]
  /** Begins anew; the memory of the finished batch is used again. */
  clear(): void
}

/** Rows of which one column after the other is laid out: few enough that they stay in the processor's cache. */
const BLOCK_ROWS = 256
/** In the place of what is no row. */
const NO_ROW: RowFields = { phase: 'pipeline' }

export function logRowEncoder(options: EncoderOptions): LogRowEncoder {
  const columns: readonly ColumnDefinition[] = [...LOG_COLUMNS, ...(options.extraColumns ?? [])]
  const defaults = defaultsFor(options)
  const cells = logCells()
  const newField = (column: ColumnDefinition): EncodedField => ({
    column,
    cells: Object.hasOwn(cells, column.name) ? cells[column.name as keyof LogCells] : [],
    builder: columnBuilder(column, { limits: limitsOf(column), expectedRows: options.expectedRows ?? 0 }),
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
  /** Their names. */
  readonly known: Set<string>
  /** Of the fields of the log. */
  readonly cells: LogCells
  readonly newField: (column: ColumnDefinition) => EncodedField
  rowCount: number
  /** Names of extra columns that no row has. */
  readonly leftOut: Set<string>
  /** Of the block at hand. */
  readonly rows: RowFields[]
  /** By row of the block, how many fields it leaves out. */
  readonly missing: Uint32Array
}

/** Rows `start` to `end` of an array. */
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
      // A column may be called as what every object has.
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
    // Counting keys is far cheaper than looking each of them up; only rows that differ are looked at.
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
