import { join } from 'node:path'
import {
  batchFromRows,
  type ColumnDefinition,
  memoryStorage,
  type Row,
  type StorageBackend,
  type TableSource,
  tableSource,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

export const STORAGES = {
  memory: () => memoryStorage() as StorageBackend,
  duckdb: (directory: string) => duckdbStorage({ path: join(directory, 'rows.duckdb') }) as StorageBackend,
}

export interface StoredRows extends AsyncDisposable {
  readonly source: TableSource
  /** The folder for files. */
  readonly directory: string
}

/** Rows as the configured table `s.t` of a storage of its own, removed at the end. */
export async function storedRows(
  storageName: keyof typeof STORAGES,
  columns: readonly ColumnDefinition[],
  rows: readonly Row[],
): Promise<StoredRows> {
  const directory = newFolder()
  const storage = STORAGES[storageName](directory)
  const table = await storage.openTable({ schema: 's', name: 't' }, { columns })
  await table.append(batchFromRows(columns, rows), { batchId: 'one' })
  return {
    source: tableSource({ storage, config: { tableSchema: 's', tableName: 't' } }),
    directory,
    async [Symbol.asyncDispose]() {
      await storage.close()
    },
  }
}
