import { afterEach } from 'vitest'
import type { LogBatch } from '../batch/log-batch.ts'
import { batchFromRows, batchRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import type { Row } from '../log/row.ts'
import type { ScanQuery } from '../query/scan.ts'
import type { LogTable, TableOptions, TableReader, TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

export interface StorageUnderTest {
  /** Stands before the names of the tests. */
  readonly name: string
  /** A storage on a place of its own, empty. Closed by the suite. */
  readonly create: () => StorageBackend | Promise<StorageBackend>
  /** A storage on the place of the one that {@link create} made last. Without it nothing is asked of what outlives `close`. */
  readonly reopen?: () => StorageBackend | Promise<StorageBackend>
  /** Removes all places; called after each test. */
  readonly destroy: () => unknown
}

/** Every type that the writer makes new columns of. */
export const COLUMNS = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'name', type: 'string', nullable: true },
  { name: 'secs', type: 'double', nullable: true },
  { name: 'ok', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'extra', type: 'json', nullable: true },
  { name: 'created_at', type: 'timestamp', nullable: true },
] as const satisfies readonly ColumnDefinition[]

export const REF: TableRef = { schema: 'analytics', name: 'logs' }

/** What the areas of the suite work with: storages that are closed, and places that are removed, after each test. */
export interface Bench {
  readonly hasReopen: boolean
  storage(): Promise<StorageBackend>
  /** A new storage on the same place; the one before is closed. */
  reopened(): Promise<StorageBackend>
  table(options?: TableOptions): Promise<LogTable>
}

export function benchOf(under: StorageUnderTest): Bench {
  const opened: StorageBackend[] = []
  const keep = (storage: StorageBackend) => {
    opened.push(storage)
    return storage
  }
  const closeAll = async () => {
    for (const storage of opened.splice(0)) await storage.close()
  }
  afterEach(async () => {
    await closeAll()
    await under.destroy()
  })
  const storage = async () => keep(await under.create())
  return {
    hasReopen: under.reopen !== undefined,
    storage,
    async reopened() {
      await closeAll()
      if (!under.reopen) throw new Error('no reopen')
      return keep(await under.reopen())
    },
    table: async (options = { columns: COLUMNS }) => (await storage()).openTable(REF, options),
  }
}

/** Rows with ids; what is not given is null. */
export function rowsOf(...rows: Readonly<Record<string, unknown>>[]): LogBatch {
  return batchFromRows(COLUMNS, rows)
}

export function ids(...of: number[]): LogBatch {
  return rowsOf(...of.map((id) => ({ id, name: `n${id}` })))
}

export async function read(reader: TableReader, query?: ScanQuery): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of reader.scan(query)) rows.push(...batchRows(batch))
  return rows
}

/** Ids of the rows, sorted. */
export async function idsIn(reader: TableReader, query?: ScanQuery): Promise<unknown[]> {
  return (await read(reader, query)).map((row) => row.id).sort((a, b) => Number(a) - Number(b))
}
