import type { ColumnBuilder } from '../batch/builder.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { convertValue } from './lenient.ts'
import type { BlockRefusals } from './row-refusal.ts'

type RowFields = Readonly<Record<string, unknown>>

/** A column while it is filled. */
export interface EncodedField {
  readonly column: ColumnDefinition
  /** Rejects rows that have neither a value nor a default. */
  readonly isRequired: boolean
  /** The values of the current block of rows. */
  readonly cells: unknown[]
  readonly builder: ColumnBuilder
  /** Computes the default for rows that leave the field out. */
  readonly fallback: ((row: RowFields) => unknown) | undefined
  readonly redact: ((value: unknown) => unknown) | undefined
}

export type EncodeMode = 'strict' | 'lenient'

export interface CellContext {
  readonly mode: EncodeMode
  readonly refusals: BlockRefusals
  /** The number of fields that each row leaves out. */
  readonly missing: Uint32Array
}

/** Encodes the cells of one column for all rows of a block; rejected values become null. */
export function encodeCells(field: EncodedField, rows: readonly RowFields[], context: CellContext): void {
  const { cells, builder, column, redact } = field
  fillIn(field, rows, context)
  if (redact) for (let at = 0; at < rows.length; at++) cells[at] = redactValue(cells[at], redact)
  let at = builder.addAll(cells, 0, rows.length)
  while (at < rows.length) {
    const problem = addCell(field, cells[at], context.mode)
    if (problem !== undefined) {
      builder.addNull()
      context.refusals.problem(at, column.name, problem)
    }
    at = builder.addAll(cells, at + 1, rows.length)
  }
}

function fillIn(field: EncodedField, rows: readonly RowFields[], { missing, refusals }: CellContext): void {
  const { cells, column, isRequired, fallback } = field
  for (let at = 0; at < rows.length; at++) {
    const value = cells[at]
    if (value !== undefined && (value !== null || column.nullable)) continue
    if (value === undefined) missing[at] = (missing[at] ?? 0) + 1
    const row = rows[at]
    const filled = fallback && row ? (fallback(row) ?? null) : null
    if (filled === null && isRequired) refusals.problem(at, column.name, 'given')
    cells[at] = filled
  }
}

/** Appends a value. In lenient mode a value that does not fit is converted if possible. Returns what was expected if it still does not fit. */
export function addCell({ builder, column }: EncodedField, value: unknown, mode: EncodeMode): string | undefined {
  const problem = builder.add(value)
  if (problem === undefined || mode === 'strict') return problem
  const converted = convertValue(column.type, value)
  return converted === undefined ? problem : builder.add(converted)
}

export function redactValue(value: unknown, redact: EncodedField['redact']): unknown {
  return redact === undefined || value === null ? value : redact(value)
}
