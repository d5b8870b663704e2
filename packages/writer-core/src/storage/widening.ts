import { goesIntoDecimal, holdsExactly } from '../batch/exact-values.ts'
import type { ColumnVector, LogBatch } from '../batch/log-batch.ts'
import { isAllNull, isValid } from '../batch/validity.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import {
  type ColumnType,
  exactShape,
  isDecimal,
  isNested,
  type PlainType,
  WHOLE_RANGES,
} from '../column/column-type.ts'
import { WriterSchemaError } from '../errors/kinds.ts'

const WHOLE: readonly ColumnType[] = ['int64', 'int32', 'int16', 'int8']

/** The types whose values each plain type takes. */
const ACCEPTED: Readonly<Record<PlainType, readonly ColumnType[]>> = {
  string: ['string', 'json', 'timestamp', 'date'],
  json: ['json', 'string'],
  int64: WHOLE,
  int32: WHOLE,
  int16: WHOLE,
  int8: WHOLE,
  double: ['double', 'float', ...WHOLE],
  float: ['float', 'double', ...WHOLE],
  boolean: ['boolean'],
  timestamp: ['timestamp'],
  date: ['date'],
  binary: ['binary'],
}

/** The ranges of whole numbers that types narrower than int64 hold exactly. */
const EXACT_RANGES: Readonly<Partial<Record<ColumnType, WholeRange>>> = {
  int8: rangeOf(WHOLE_RANGES.int8),
  int16: rangeOf(WHOLE_RANGES.int16),
  int32: rangeOf(WHOLE_RANGES.int32),
  float: [-(2n ** 24n), 2n ** 24n],
  double: [-(2n ** 53n), 2n ** 53n],
}

/** The type that replaces the type of a column which is too narrow for its values. */
const WIDER: Readonly<Partial<Record<ColumnType, ColumnType>>> = {
  int32: 'int64',
  int16: 'int64',
  int8: 'int64',
  float: 'double',
}

/** The types to which a column can be widened without loss. */
const WIDENINGS: Readonly<Partial<Record<ColumnType, readonly ColumnType[]>>> = {
  int8: ['int16', 'int32', 'int64', 'double'],
  int16: ['int32', 'int64', 'double'],
  int32: ['int64', 'double'],
  float: ['double'],
  json: ['string'],
}

/** The least and the greatest whole number of a range. */
export type WholeRange = readonly [bigint, bigint]

/** The reason why a column does not hold the values of a batch. */
export interface Misfit {
  readonly column: string
  /** The rest of a sentence that begins with the name of the column. */
  readonly problem: string
  /** The type that holds the values, if the column can be widened to one. */
  readonly to?: ColumnType | undefined
}

/** Returns whether a column takes values of a type: decimals take numbers, and text takes nested values as JSON. */
export function acceptsType(column: ColumnType, given: ColumnType): boolean {
  if (isDecimal(column)) return goesIntoDecimal(given)
  if (isNested(column)) return given === column
  return ACCEPTED[column].includes(isNested(given) ? 'json' : given)
}

/** Returns the type to which a column is widened if it is too narrow for its values; undefined if no type is wider. */
export function widerType(type: ColumnType): ColumnType | undefined {
  return WIDER[type]
}

/** Throws WriterSchemaError if values would be lost when the type of the column changes. */
export function assertWidening({ name, type }: ColumnDefinition, to: ColumnType): void {
  if (type === to || WIDENINGS[type]?.includes(to)) return
  throw new WriterSchemaError(`column ${name} cannot be widened from ${type} to ${to}`, {
    context: { column: name, from: type, to },
    committed: 'no',
  })
}

/**
 * Returns the columns of a table that do not hold the values of a batch. Whole numbers must be held exactly; other numbers may lose digits, but must
 * not become infinite; nulls fit into every type. Columns that only one of the two has are not compared.
 */
export function misfits(columns: readonly ColumnDefinition[], batch: LogBatch): Misfit[] {
  const stored = new Map(columns.map((column) => [column.name, column]))
  return batch.columns.flatMap(({ name, type }, at) => {
    const [vector, column] = [batch.vectors[at], stored.get(name)]
    if (!vector || !column || isAllNull(vector.validity, batch.rowCount)) return []
    return misfitOf(column, vector, type) ?? []
  })
}

/** Returns why a column does not hold the values of a vector of type `given`, or undefined if it does. */
export function misfitOf(
  { name, type }: ColumnDefinition,
  vector: ColumnVector,
  given: ColumnType,
): Misfit | undefined {
  if (!acceptsType(type, given)) return { column: name, problem: `has type ${type}, not ${given}` }
  if (holds(type, vector, given)) return undefined
  const to = WIDER[type]
  return { column: name, problem: `has values beyond ${type}`, to: to && holds(to, vector, given) ? to : undefined }
}

/** Returns the columns, widened if that makes them hold the values of the batch. */
export function widenedFor(columns: readonly ColumnDefinition[], batch: LogBatch): readonly ColumnDefinition[] {
  const types = new Map(misfits(columns, batch).map(({ column, to }) => [column, to]))
  if (types.size === 0) return columns
  return columns.map((column) => ({ ...column, type: types.get(column.name) ?? column.type }))
}

/** Throws WriterSchemaError that lists every misfit, if there are any. */
export function assertNoMisfits(found: readonly Misfit[]): void {
  if (found.length === 0) return
  const text = found.map(({ column, problem }) => `${column} ${problem}`).join('; ')
  throw new WriterSchemaError(`values do not fit the columns of the table: ${text}`, {
    context: {
      columns: found.map(({ column }) => column),
      problems: found.map(({ column, problem }) => ({ column, problem })),
    },
    suggestions: ['Set autoOptimizeSchema to widen columns, or leave the values out.'],
    committed: 'no',
  })
}

/** Returns whether every number of a vector is in the range. Decimals and doubles must be whole numbers. */
export function isWithin(
  { kind, values, validity }: ColumnVector,
  [least, greatest]: WholeRange,
  given: ColumnType,
): boolean {
  if (kind === 'int64') return everyValue(values, validity, (value) => value >= least && value <= greatest)
  if (kind === 'int32') {
    const [low, high] = [Number(least), Number(greatest)]
    return everyValue(values, validity, (value) => value >= low && value <= high)
  }
  if (kind === 'double')
    return everyValue(values, validity, (value) => BigInt(value) >= least && BigInt(value) <= greatest)
  if (kind !== 'decimal') return true
  const unit = 10n ** BigInt(exactShape(given)?.scale ?? 0)
  return everyValue(values, validity, (value) => value >= least * unit && value <= greatest * unit)
}

function holds(type: ColumnType, vector: ColumnVector, given: ColumnType): boolean {
  // Times are stored as whole numbers, but never compared with the range of a type.
  if (type === given || given === 'timestamp' || given === 'date') return type !== 'float' || holdsFloats(vector)
  if (isDecimal(type)) return holdsExactly(vector, given, type)
  if (vector.kind === 'double') return type !== 'float' || holdsFloats(vector)
  const range = EXACT_RANGES[type]
  return range === undefined || isWithin(vector, range, given)
}

/** Returns whether no finite number becomes infinite as a float. */
function holdsFloats({ kind, values, validity }: ColumnVector): boolean {
  if (kind !== 'double') return true
  return everyValue(values, validity, (value) => !Number.isFinite(value) || Number.isFinite(Math.fround(value)))
}

/** Returns whether all values pass the test; the slots of nulls hold anything. */
function everyValue<Item>(
  values: ArrayLike<Item>,
  validity: ColumnVector['validity'],
  test: (value: Item) => boolean,
): boolean {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value !== undefined && isValid(validity, index) && !test(value)) return false
  }
  return true
}

function rangeOf([least, greatest]: readonly [number, number]): WholeRange {
  return [BigInt(least), BigInt(greatest)]
}
