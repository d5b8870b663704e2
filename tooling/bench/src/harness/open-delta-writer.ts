import { createLogWriter, type LogWriter, type WriterConfigInput, writerConfig } from '@forge/writer-core'
import { type DeltaStorageOptions, type DeltaTable, deltaStorage } from '@forge/writer-storage-delta'

export const DELTA_TABLE = { schema: 'analytics', name: 'pipeline_logs' } as const

/** A writer into the Delta table `analytics/pipeline_logs` below a folder. Closing it closes the storage. */
export function openDeltaWriter(
  storage: DeltaStorageOptions,
  settings: Partial<WriterConfigInput> = {},
): Promise<LogWriter> {
  return createLogWriter({
    storage: deltaStorage(storage),
    config: writerConfig({ tableSchema: DELTA_TABLE.schema, tableName: DELTA_TABLE.name, ...settings }),
  })
}

/** Lets `use` work with that table, through a storage of its own. */
export async function withDeltaTable<Result>(
  storage: DeltaStorageOptions,
  use: (table: DeltaTable) => Promise<Result>,
): Promise<Result> {
  const opened = deltaStorage(storage)
  try {
    return await use(await opened.openTable(DELTA_TABLE))
  } finally {
    await opened.close()
  }
}
