import type { ColumnType, ColumnVector, LogBatch, SchemaChange } from '@forge/writer-core'
import { isValid, WriterSchemaError } from '@forge/writer-core'
import type { Snapshot } from '../log/snapshot.ts'
import { columnsFromSchema } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { evolve } from './evolve.ts'

const INT32_MAX = 2n ** 31n - 1n
const INT32_MIN = -(2n ** 31n)

/**
 * Makes room for values that the table's columns are too narrow for, where the options allow it. Throws WriterSchemaError, naming the columns,
 * where they do not.
 */
export async function fitColumns(core: TableCore, batch: LogBatch): Promise<void> {
  const snapshot = await core.latest()
  const widen = snapshot ? tooNarrow(snapshot, batch) : []
  if (widen.length === 0) return
  if (core.settings.widenColumns) return evolve(core, { widen })
  const names = widen.map(({ column }) => column)
  throw new WriterSchemaError(`values do not fit the columns of the table: ${names.join(', ')}`, {
    context: { columns: names },
    suggestions: ['Allow columns to be widened, or widen them with `evolve`.'],
    committed: 'no',
  })
}

function tooNarrow(snapshot: Snapshot, batch: LogBatch): NonNullable<SchemaChange['widen']> {
  const stored = new Map(columnsFromSchema(parseSchema(snapshot.metadata)).map(({ name, type }) => [name, type]))
  return batch.columns.flatMap(({ name }, at) => {
    const vector = batch.vectors[at]
    const to = vector && widerType(vector, stored.get(name))
    return to === undefined ? [] : [{ column: name, to }]
  })
}

function widerType(vector: ColumnVector, stored: ColumnType | undefined): ColumnType | undefined {
  if (vector.kind === 'int64' && stored === 'int32') {
    return someValue(vector, (value) => value > INT32_MAX || value < INT32_MIN) ? 'int64' : undefined
  }
  // A finite number must not become infinite.
  if (vector.kind === 'double' && stored === 'float') {
    const overflows = (value: number) => Number.isFinite(value) && !Number.isFinite(Math.fround(value))
    return someValue(vector, overflows) ? 'double' : undefined
  }
  return undefined
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
