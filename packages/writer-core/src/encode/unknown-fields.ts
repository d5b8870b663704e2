import type { ColumnDefinition } from '../column/column-definition.ts'
import type { ColumnType } from '../column/column-type.ts'
import { identifierProblem } from '../column/identifier.ts'
import { addCell, type EncodedField, type EncodeMode, redactValue } from './encode-cells.ts'
import type { BlockRefusals } from './row-refusal.ts'

type RowFields = Readonly<Record<string, unknown>>

export function countKeys(row: RowFields): number {
  let count = 0
  for (const _key in row) count++
  return count
}

/** Returns the names of fields that have a value and are not columns. */
export function unknownFields(row: RowFields, known: ReadonlySet<string>): string[] {
  return Object.keys(row).filter((key) => !known.has(key) && row[key] !== undefined)
}

/** Returns the row with the named fields moved into its metadata; a field wins over metadata of the same name. */
export function withMetadata(row: RowFields, names: readonly string[]): RowFields {
  const entries = Object.entries(metadataObject(row.metadata))
  const moved = names.map((name) => [name, row[name]] as const)
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

/** Collects columns that first occur within a block of rows: they are null in all earlier rows and in gaps. */
export interface NewColumns {
  /** Adds the value of a field at a position; the field is not a column yet. */
  add(at: number, name: string, value: unknown): void
  /** Returns the columns, filled up to the end of the block. */
  finish(): readonly EncodedField[]
}

export interface NewColumnsOptions {
  readonly mode: EncodeMode
  readonly refusals: BlockRefusals
  /** The number of rows before the block, and in it. */
  readonly rowsBefore: number
  readonly blockRows: number
  readonly newField: (column: ColumnDefinition) => EncodedField
}

interface GrowingField {
  readonly field: EncodedField
  rows: number
}

export function newColumns({ mode, refusals, rowsBefore, blockRows, newField }: NewColumnsOptions): NewColumns {
  const growing = new Map<string, GrowingField>()
  const begin = (at: number, name: string, value: unknown): GrowingField | undefined => {
    const type = typeOf(value)
    const problem = identifierProblem(name)
    if (type === undefined || problem !== undefined) {
      const expected =
        problem === undefined
          ? 'text, a number, true or false, a time or JSON'
          : `a field with a valid name: the name ${problem}`
      refusals.problem(at, name, expected)
      return undefined
    }
    const grown = { field: newField({ name, type, nullable: true }), rows: 0 }
    growing.set(name, grown)
    return grown
  }
  return {
    add(at, name, value) {
      const known = growing.get(name) ?? begin(at, name, value)
      if (known === undefined) return
      fillTo(known, rowsBefore + at)
      const problem = addCell(known.field, redactValue(value, known.field.redact), mode)
      if (problem === undefined) known.rows++
      else refusals.problem(at, name, problem)
    },
    finish: () =>
      [...growing.values()].map((grown) => {
        fillTo(grown, rowsBefore + blockRows)
        return grown.field
      }),
  }
}

function fillTo(grown: GrowingField, rows: number): void {
  for (; grown.rows < rows; grown.rows++) grown.field.builder.addNull()
}

/** Returns the type of a new column for a value: numbers become doubles, so that later fractions fit; undefined if no column can hold it. */
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
