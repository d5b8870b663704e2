import type { ColumnDefinition } from '../column/column-definition.ts'
import type { WriteContext } from '../hooks/write-hook.ts'
import type { WriterEvent } from '../hooks/writer-event.ts'
import { companionOptions } from '../source/table-handles.ts'
import { chooseTable, type TableSource } from '../source/table-source.ts'
import type { TableRef } from '../storage/log-table.ts'

export interface WriteFacts {
  readonly tableRef: TableRef
  readonly batchId: string
  readonly runId: string | undefined
  readonly now: () => Date
  readonly emit: (event: WriterEvent) => void
}

/** Creates the context that hooks see. Companion tables belong to the table that the rows go to. */
export function writeContext(source: TableSource, facts: WriteFacts): WriteContext {
  const { tableRef } = facts
  return {
    config: source.config,
    storage: source.storage,
    logger: source.logger,
    table: async (asked) => source.storage.openTable(chooseTable(tableRef, asked)),
    companion: (suffix: string, columns: readonly ColumnDefinition[]) =>
      source.storage.openTable(
        { schema: tableRef.schema, name: `${tableRef.name}_${suffix}` },
        companionOptions(source.config, columns),
      ),
    ...facts,
  }
}
