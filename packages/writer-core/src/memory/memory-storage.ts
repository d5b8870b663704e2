import { assertNewColumns } from '../column/column-names.ts'
import { assertIdentifier } from '../column/identifier.ts'
import { WriterConfigurationError, WriterTableError } from '../errors/kinds.ts'
import type { CommitResult } from '../storage/commit.ts'
import type { LogTable, TableOptions, TableRef } from '../storage/log-table.ts'
import { assertMethodOptions } from '../storage/method-options.ts'
import type { StorageBackend, TableAppend } from '../storage/storage-backend.ts'
import { type Handle, openHandle } from './handle.ts'
import { type MemoryTable, memoryTable, planAppend } from './memory-table.ts'
import { type Versions, versionsOf } from './versions.ts'

/** The memory storage, with the optional methods that it implements. */
export interface MemoryStorage extends StorageBackend {
  appendAll: NonNullable<StorageBackend['appendAll']>
  listTables: NonNullable<StorageBackend['listTables']>
  openTable(ref: TableRef, options?: TableOptions): Promise<MemoryTable>
}

/**
 * Creates a storage that keeps tables in the memory of the process, for tests and experiments. It is also the reference for all other storages.
 * Nothing is persisted.
 */
export function memoryStorage(): MemoryStorage {
  const tables = new Map<string, { readonly ref: TableRef; readonly versions: Versions }>()
  const handles = new WeakMap<LogTable, Handle>()
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
      assertMethodOptions('openTable', options)
      assertNewColumns(options.columns ?? [], [])
      const key = JSON.stringify([ref.schema, ref.name])
      const { versions } = tables.get(key) ?? { versions: versionsOf() }
      tables.set(key, { ref, versions })
      const handle = openHandle(ref, versions, options, assertOpen)
      const table = memoryTable(ref, handle)
      handles.set(table, handle)
      return table
    },
    async appendAll(writes) {
      assertOpen()
      return appendAll(writes, (table) => handles.get(table))
    },
    async listTables() {
      assertOpen()
      return [...tables.values()].filter(({ versions }) => versions.latest([]).version >= 0).map(({ ref }) => ref)
    },
    async close() {
      isClosed = true
    },
  }
}

/** Appends to several tables; if one batch does not fit, undoes the earlier appends. */
function appendAll(writes: readonly TableAppend[], handleOf: (table: LogTable) => Handle | undefined): CommitResult[] {
  const appends = writes.map(({ table, batch, commit }) => {
    const handle = handleOf(table)
    if (!handle)
      throw new WriterConfigurationError('appendAll accepts only tables of the same storage', { committed: 'no' })
    handle.assertOpen()
    return { handle, batch, commit, before: handle.latest().version }
  })
  try {
    return appends.map(({ handle: { versions, latest, options }, batch, commit }) => {
      return versions.find(commit.batchId) ?? versions.commit(planAppend(latest(), [batch], options), commit)
    })
  } catch (error) {
    for (const { handle, before } of appends) handle.versions.undoTo(before)
    throw error
  }
}
