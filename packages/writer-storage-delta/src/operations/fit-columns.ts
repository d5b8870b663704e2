import type { LogBatch } from '@forge/writer-core'
import { columnsFromSchema } from '../schema/log-columns.ts'
import { misfits } from '../schema/misfits.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { evolve } from './evolve.ts'

/** Makes room for values that the table's columns are too narrow for, where the options allow it. What still does not fit is refused by the write. */
export async function fitColumns(core: TableCore, batch: LogBatch): Promise<void> {
  if (!core.settings.widenColumns) return
  const snapshot = await core.latest()
  if (snapshot === undefined) return
  const widen = misfits(columnsFromSchema(parseSchema(snapshot.metadata)), batch).flatMap(({ column, to }) => {
    return to === undefined ? [] : [{ column, to }]
  })
  if (widen.length > 0) await evolve(core, { widen })
}
