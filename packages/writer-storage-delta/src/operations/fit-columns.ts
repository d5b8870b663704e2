import type { ColumnType, ColumnVector, LogBatch } from '@forge/writer-core'
import { isValid, WriterSchemaError } from '@forge/writer-core'
import type { Snapshot } from '../log/snapshot.ts'
import { columnsFromSchema } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { evolve } from './evolve.ts'

/** Whole numbers that a column holds exactly. */
const EXACT: Readonly<Partial<Record<ColumnType, readonly [bigint, bigint]>>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  float: [-(2n ** 24n), 2n ** 24n],
  double: [-(2n ** 53n), 2n ** 53n],
}
const WIDER: Readonly<Partial<Record<ColumnType, ColumnType>>> = { int32: 'int64', float: 'double' }

/**
 * Makes room for values that the table's columns are too narrow for, where the options allow it. Throws WriterSchemaError, naming the columns,
 * where they do not, or no wider type holds the values.
 */
export async function fitColumns(core: TableCore, batch: LogBatch): Promise<void> {
  const snapshot = await core.latest()
  const misfits = snapshot ? tooNarrow(snapshot, batch) : []
  if (misfits.length === 0) return
  const widen = misfits.flatMap(({ column, to }) => (to === undefined ? [] : [{ column, to }]))
  if (core.settings.widenColumns && widen.length === misfits.length) return evolve(core, { widen })
  const names = misfits.map(({ column }) => column)
  throw new WriterSchemaError(`values do not fit the columns of the table: ${names.join(', ')}`, {
    context: { columns: names },
    suggestions: ['Allow columns to be widened, or widen them with `evolve`.'],
    committed: 'no',
  })
}

interface Misfit {
  readonly column: string
  /** The type that would hold the values. */
  readonly to: ColumnType | undefined
}

function tooNarrow(snapshot: Snapshot, batch: LogBatch): Misfit[] {
  const stored = new Map(columnsFromSchema(parseSchema(snapshot.metadata)).map(({ name, type }) => [name, type]))
  return batch.columns.flatMap(({ name, type: given }, at) => {
    const [vector, type] = [batch.vectors[at], stored.get(name)]
    if (!vector || !type || given === 'timestamp' || given === 'date' || holds(vector, type)) return []
    const wider = WIDER[type]
    return [{ column: name, to: wider && holds(vector, wider) ? wider : undefined }]
  })
}

/** Whole numbers must be held exactly; other numbers may lose digits, but not become infinite. */
function holds(vector: ColumnVector, type: ColumnType): boolean {
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
