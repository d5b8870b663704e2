import {
  type ColumnDefinition,
  type ColumnType,
  type ColumnVector,
  goesIntoDecimal,
  holdsExactly,
  isDecimal,
  isValid,
  type LogBatch,
  WriterSchemaError,
} from '@forge/writer-core'

/** A column that is too narrow for values of a batch. */
export interface Misfit {
  readonly column: string
  /** The type that can hold the values, if there is one. */
  readonly to: ColumnType | undefined
}

/** The ranges of whole numbers that a column holds exactly. */
const EXACT: Readonly<Partial<Record<ColumnType, readonly [bigint, bigint]>>> = {
  int8: [-128n, 127n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  float: [-(2n ** 24n), 2n ** 24n],
  double: [-(2n ** 53n), 2n ** 53n],
}
const WIDER: Readonly<Partial<Record<ColumnType, ColumnType>>> = {
  int32: 'int64',
  int16: 'int64',
  int8: 'int64',
  float: 'double',
}

/** Returns the columns of a table that cannot hold the values of the batch. */
export function misfits(columns: readonly ColumnDefinition[], batch: LogBatch): Misfit[] {
  const stored = new Map(columns.map(({ name, type }) => [name, type]))
  return batch.columns.flatMap(({ name, type: given }, at) => {
    const [vector, type] = [batch.vectors[at], stored.get(name)]
    if (!vector || !type || given === 'timestamp' || given === 'date' || holds(vector, given, type)) return []
    const wider = WIDER[type]
    return [{ column: name, to: wider && holds(vector, given, wider) ? wider : undefined }]
  })
}

/** Returns the columns, widened if that makes them hold the values of the batch. */
export function widenedFor(columns: readonly ColumnDefinition[], batch: LogBatch): readonly ColumnDefinition[] {
  const types = new Map(misfits(columns, batch).map(({ column, to }) => [column, to]))
  return types.size === 0
    ? columns
    : columns.map((column) => ({ ...column, type: types.get(column.name) ?? column.type }))
}

/** Throws WriterSchemaError, naming the columns, if they cannot hold values of the batch. */
export function assertHeld(columns: readonly ColumnDefinition[], batch: LogBatch): void {
  const names = misfits(columns, batch).map(({ column }) => column)
  if (names.length === 0) return
  throw new WriterSchemaError(`values do not fit the columns of the table: ${names.join(', ')}`, {
    context: { columns: names },
    suggestions: ['Allow columns to be widened, or widen them with `evolve`.'],
    committed: 'no',
  })
}

/** Returns true if the column holds the value. Whole numbers must be held exactly; other numbers may lose digits, but must not become infinite. */
function holds(vector: ColumnVector, given: ColumnType, type: ColumnType): boolean {
  if (isDecimal(type)) return !goesIntoDecimal(given) || holdsExactly(vector, given, type)
  if (vector.kind === 'double') {
    const overflows = (value: number) => Number.isFinite(value) && !Number.isFinite(Math.fround(value))
    return type !== 'float' || !someValue(vector, overflows)
  }
  const [least, most] = EXACT[type] ?? []
  if (least === undefined || most === undefined) return true
  if (vector.kind === 'int64') return !someValue(vector, (value) => value < least || value > most)
  return vector.kind !== 'int32' || !someValue(vector, (value) => value < least || value > most)
}

function someValue<Item>(
  { values, validity }: { readonly values: ArrayLike<Item>; readonly validity: ColumnVector['validity'] },
  test: (value: Item) => boolean,
): boolean {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value !== undefined && isValid(validity, index) && test(value)) return true
  }
  return false
}
