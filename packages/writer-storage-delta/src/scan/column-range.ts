import {
  compareDecimals,
  compareNatives,
  type Decimal,
  doubleOf,
  parseDecimal,
  parseMicros,
} from '@forge/writer-core/storage'
import type { AddFile } from '../actions/actions.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { entryNamed, partitionText } from '../partition/partition-value.ts'
import { columnMappingMode, physicalName } from '../schema/column-mapping.ts'
import type { DeltaType, StructField } from '../schema/delta-type.ts'
import { countOf, parseStats } from '../stats/parsed-stats.ts'

/**
 * A value that can be compared with others of its kind: numbers with numbers (whole numbers and decimals exactly), text with text, times as
 * microseconds.
 */
export type Comparable =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'exact'; readonly value: Decimal }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'micros'; readonly value: bigint }
  | { readonly kind: 'boolean'; readonly value: boolean }

/** The facts that are certain about a column's values in one file. */
export interface ColumnRange {
  readonly min: Comparable | undefined
  readonly max: Comparable | undefined
  /** False if values beyond `max` are possible that only count as greater: NaN. */
  readonly maxIsLast: boolean
  readonly hasNulls: 'all' | 'none' | 'maybe'
}

/** The precision of times in statistics, which may be cut to milliseconds. */
const TRUNCATED_MICROS = 999n

/** Returns the range of a top-level column in a file: exact for partition columns, from statistics for others. */
export function columnRange(snapshot: Pick<Snapshot, 'metadata'>, add: AddFile, field: StructField): ColumnRange {
  const name = physicalName(field, columnMappingMode(snapshot.metadata))
  if (snapshot.metadata.partitionColumns.includes(field.name))
    return partitionRange(partitionText(add, name), field.type)
  const stats = parseStats(add)
  // Some writers count the nulls inside nested values.
  const isNested = field.type.kind !== 'primitive' && field.type.kind !== 'decimal'
  const nulls = isNested ? undefined : countOf(entryNamed(stats.nullCount, name))
  const isFloating = field.type.kind === 'primitive' && (field.type.name === 'double' || field.type.name === 'float')
  return {
    min: widenedBound(comparable(entryNamed(stats.minValues, name), field.type), field, 'min'),
    max: widenedBound(comparable(entryNamed(stats.maxValues, name), field.type), field, 'max'),
    maxIsLast: !isFloating,
    hasNulls: nulls === 0 ? 'none' : nulls !== undefined && nulls === stats.numRecords ? 'all' : 'maybe',
  }
}

/**
 * Returns the bound with the precision that statistics may have lost: times may be cut to milliseconds, floats written with few digits, and texts cut
 * with a mark at the end.
 */
function widenedBound(
  bound: Comparable | undefined,
  { type, metadata }: StructField,
  side: 'min' | 'max',
): Comparable | undefined {
  // Older versions of Spark cut a text and add a character that some characters are greater than.
  if (bound?.kind === 'text' && side === 'max' && bound.value.endsWith('\ufffd')) return undefined
  if (bound?.kind === 'micros' && side === 'max') return { kind: 'micros', value: bound.value + TRUNCATED_MICROS }
  if (bound?.kind === 'exact' && type.kind === 'decimal' && type.precision > EXACT_DIGITS) {
    return { kind: 'exact', value: roundedBound(bound.value, side) }
  }
  if (bound?.kind !== 'number' || typeof bound.value !== 'number') return bound
  const changes = metadata['delta.typeChanges']
  if (!Array.isArray(changes) || !changes.some((change) => change?.fromType === 'float')) return bound
  return { kind: 'number', value: Math[side](bound.value, Math.fround(bound.value)) }
}

/** The number of decimal digits that every double keeps. */
const EXACT_DIGITS = 15

/** Returns a bound that its writer may have converted to a double, moved by the possible rounding error. */
function roundedBound({ unscaled, scale }: Decimal, side: 'min' | 'max'): Decimal {
  const size = unscaled < 0n ? -unscaled : unscaled
  const rounding = (size >> 51n) + 1n
  return { unscaled: side === 'min' ? unscaled - rounding : unscaled + rounding, scale }
}

function partitionRange(text: string | undefined, type: DeltaType): ColumnRange {
  if (text === undefined) {
    return { min: undefined, max: undefined, maxIsLast: true, hasNulls: 'all' }
  }
  const value = comparable(text, type)
  return { min: value, max: value, maxIsLast: text !== 'NaN', hasNulls: 'none' }
}

/** Returns the value of a text; undefined if it is not a value of that type. */
function comparable(text: unknown, type: DeltaType): Comparable | undefined {
  if (typeof text !== 'string') return undefined
  if (type.kind === 'decimal') return exact(text)
  if (type.kind !== 'primitive') return undefined
  switch (type.name) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return /^-?\d+$/.test(text) ? exact(text) : undefined
    case 'float':
    case 'double': {
      const value = type.name === 'float' ? Math.fround(Number(text)) : Number(text)
      return text !== '' && Number.isFinite(value) ? { kind: 'number', value } : undefined
    }
    case 'string':
      return { kind: 'text', value: text }
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz': {
      const value = parseMicros(text, { assumeUtc: true })
      return value === undefined ? undefined : { kind: 'micros', value }
    }
    case 'boolean':
      return text === 'true' || text === 'false' ? { kind: 'boolean', value: text === 'true' } : undefined
    default:
      return undefined
  }
}

function exact(text: string): Comparable | undefined {
  const value = parseDecimal(text)
  return value && { kind: 'exact', value }
}

/**
 * Compares two values: negative, zero or positive; undefined if they are of different kinds. An exact number and a double are compared as doubles, as
 * the engine does.
 */
export function compareBounds(a: Comparable, b: Comparable): number | undefined {
  if (a.kind === 'exact' && b.kind === 'exact') return compareDecimals(a.value, b.value)
  if (a.kind === 'exact' && b.kind === 'number') return compareNatives(doubleOf(a.value), b.value)
  if (a.kind === 'number' && b.kind === 'exact') return compareNatives(a.value, doubleOf(b.value))
  if (a.kind === 'exact' || b.kind === 'exact') return undefined
  return a.kind === b.kind ? compareNatives(a.value, b.value) : undefined
}
