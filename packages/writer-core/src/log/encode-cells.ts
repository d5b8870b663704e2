import type { ColumnBuilder } from '../batch/column-builder.ts'
import type { ColumnDefinition } from './column-definition.ts'
import { convert } from './lenient.ts'
import type { BlockRefusals } from './row-refusal.ts'

type RowFields = Readonly<Record<string, unknown>>

/** A column that is being filled. */
export interface EncodedField {
  readonly column: ColumnDefinition
  /** What the rows at hand have in it. */
  readonly cells: unknown[]
  readonly builder: ColumnBuilder
  /** For rows that leave it out. */
  readonly fallback: ((row: RowFields) => unknown) | undefined
  readonly redact: ((value: unknown) => unknown) | undefined
}

export type EncodeMode = 'strict' | 'lenient'

export interface CellContext {
  readonly mode: EncodeMode
  readonly refusals: BlockRefusals
  /** Counts, by row, the fields that it leaves out. */
  readonly missing: Uint32Array
}

/** Takes the cells of one column for all rows of a block; nulls stand for what is refused. */
export function encodeCells(field: EncodedField, rows: readonly RowFields[], context: CellContext): void {
  const { cells, builder, column, redact } = field
  fillIn(field, rows, context)
  if (redact) for (let at = 0; at < rows.length; at++) cells[at] = redacted(cells[at], redact)
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
  const { cells, column, fallback } = field
  for (let at = 0; at < rows.length; at++) {
    const value = cells[at]
    if (value !== undefined && (value !== null || column.nullable)) continue
    if (value === undefined) missing[at] = (missing[at] ?? 0) + 1
    const row = rows[at]
    const filled = fallback && row ? (fallback(row) ?? null) : null
    if (filled === null && !column.nullable) refusals.problem(at, column.name, 'given')
    cells[at] = filled
  }
}

/** Appends a value, converted where the mode lets it and it does not fit as it is; says what was expected where it does not fit at all. */
export function addCell({ builder, column }: EncodedField, value: unknown, mode: EncodeMode): string | undefined {
  const problem = builder.add(value)
  if (problem === undefined || mode === 'strict') return problem
  const converted = convert(column.type, value)
  return converted === undefined ? problem : builder.add(converted)
}

export function redacted(value: unknown, redact: EncodedField['redact']): unknown {
  return redact === undefined || value === null ? value : redact(value)
}
