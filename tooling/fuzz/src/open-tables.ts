import { createLogWriter, type LogWriter, memoryStorage, type StorageBackend } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

/** Opens writers over the same 50 rows in memory and in a new DuckDB file. */
export async function openTables(path: string): Promise<readonly LogWriter[]> {
  const storages: readonly StorageBackend[] = [memoryStorage(), duckdbStorage({ path, threads: 1 })]
  return Promise.all(
    storages.map(async (storage) => {
      const writer = await createLogWriter({ storage, config: { tableSchema: 'analytics', tableName: 'logs' } })
      await writer.writeLogRows(
        Array.from({ length: 50 }, (_none, at) => ({
          run_id: `run-${at}`,
          phase: at % 2 === 0 ? ('gold' as const) : ('bronze' as const),
          step_name: 'a'.repeat(at + 1),
          duration_secs: at / 3,
          rows_processed: at * 1000,
          metadata: { user: at % 3 === 0 ? 'x' : null },
          error_message: at % 5 === 0 ? 'timeout' : null,
          success: at % 5 !== 0,
          start_time: new Date(Date.UTC(2024, 0, 1 + at)),
        })),
      )
      return writer
    }),
  )
}
