import { WriterConfigurationError, WriterTableError } from '../errors/kinds.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import { assertIdentifier } from '../log/identifier.ts'
import type { CommitResult } from '../storage/commit.ts'
import type { LogTable, TableOptions, TableRef } from '../storage/log-table.ts'
import type { StorageBackend, TableAppend } from '../storage/storage-backend.ts'
import { fitBatch } from './fit-batch.ts'
import { type MemoryTable, memoryTable } from './memory-table.ts'
import { type Versions, versionsOf } from './versions.ts'

/** The storage of tables in memory, with what its interface leaves optional. */
export interface MemoryStorage extends StorageBackend {
  appendAll: NonNullable<StorageBackend['appendAll']>
  listTables: NonNullable<StorageBackend['listTables']>
  openTable(ref: TableRef, options?: TableOptions): Promise<MemoryTable>
}

interface Opened {
  readonly versions: Versions
  readonly options: TableOptions
}

/** Tables in the memory of the process: for tests, for trying out, and as the model that other storages are held to. Nothing outlives it. */
export function memoryStorage(): MemoryStorage {
  const tables = new Map<string, { readonly ref: TableRef; readonly versions: Versions }>()
  const opened = new WeakMap<LogTable, Opened>()
  let isClosed = false
  const assertOpen = () => {
    if (isClosed) throw new WriterTableError('the storage is closed', { committed: 'no' })
  }
  return {
    name: 'memory',
    location: 'memory:',
    async openTable(ref, options = {}) {
      assertOpen()
      assertIdentifier(ref.schema, 'schema')
      assertIdentifier(ref.name, 'table')
      const key = JSON.stringify([ref.schema, ref.name])
      const versions = versionsFor(tables.get(key)?.versions, options)
      tables.set(key, { ref, versions })
      const table = memoryTable(ref, versions, options, assertOpen)
      opened.set(table, { versions, options })
      return table
    },
    async appendAll(writes) {
      assertOpen()
      return appendAll(writes, (table) => opened.get(table))
    },
    async listTables() {
      assertOpen()
      return [...tables.values()].filter(({ versions }) => versions.latest().version >= 0).map(({ ref }) => ref)
    },
    async close() {
      isClosed = true
    },
  }
}

/** A table that no write has made yet gets the columns of whoever opens it last. */
function versionsFor(known: Versions | undefined, options: TableOptions): Versions {
  if (known && options.columns) known.declare(options.columns)
  return known ?? versionsOf(options.columns ?? LOG_COLUMNS, `memory:${process.pid}`)
}

/** All batches are checked before the first is stored. */
function appendAll(writes: readonly TableAppend[], openedBy: (table: LogTable) => Opened | undefined): CommitResult[] {
  const checked = writes.map(({ table, batch, commit }) => {
    const own = openedBy(table)
    if (!own) throw new WriterConfigurationError('appendAll takes tables of its own storage', { committed: 'no' })
    const { versions, options } = own
    if (versions.find(commit.batchId) === undefined) fitBatch(batch, versions.latest().columns, options)
    return { versions, options, batch, commit }
  })
  return checked.map(({ versions, options, batch, commit }) => {
    const known = versions.find(commit.batchId)
    if (known) return known
    const { columns, batch: fitted } = fitBatch(batch, versions.latest().columns, options)
    const change = {
      operation: 'append',
      columns,
      isRewrite: false,
      batches: [fitted],
      inserted: batch.rowCount,
    } as const
    return versions.commit(change, commit)
  })
}
