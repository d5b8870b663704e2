import type { LogBatch } from '@forge/writer-core'
import { misfits } from '@forge/writer-core/storage'
import { columnsFromSchema } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { evolve } from './evolve.ts'

/** Widens columns that are too narrow for the values, if the options allow it. The write refuses values that still do not fit. */
export async function fitColumns(core: TableCore, batch: LogBatch): Promise<void> {
  if (!core.settings.widenColumns) return
  const snapshot = await core.latest()
  if (snapshot === undefined) return
  const widen = misfits(columnsFromSchema(parseSchema(snapshot.metadata)), batch).flatMap(({ column, to }) => {
    return to === undefined ? [] : [{ column, to }]
  })
  if (widen.length > 0) await evolve(core, { widen })
}
