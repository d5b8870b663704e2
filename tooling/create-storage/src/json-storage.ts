import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type LogTable, type StorageBackend, WriterTableError } from '@forge/writer-core'
import { assertIdentifier, assertMethodOptions, assertOptions, option } from '@forge/writer-core/storage'
import { jsonTable } from './json-table.ts'

export interface JsonStorageOptions {
  /** The folder of the tables; the first write creates it. */
  readonly path: string
}

/** Creates a storage that keeps each table as a folder of JSON files. */
export function jsonStorage(options: JsonStorageOptions): StorageBackend {
  assertOptions('jsonStorage', options, { path: option.required(option.text) })
  const { path } = options
  let isOpen = true

  const assertOpen = () => {
    if (!isOpen) throw new WriterTableError('the storage is closed', { context: { path }, committed: 'no' })
  }
  return {
    name: 'json',
    location: path,
    async openTable(ref, table = {}) {
      assertOpen()
      assertMethodOptions('openTable', table)
      assertIdentifier(ref.schema, 'schema')
      assertIdentifier(ref.name, 'table')
      const folder = `${folderPart(ref.schema)}~${folderPart(ref.name)}`
      return guard(jsonTable(ref, table, join(path, folder)), assertOpen)
    },
    async listTables() {
      assertOpen()
      const names = await readdir(path).catch(() => [])
      return names.map((name) => {
        const [schema = '', table = ''] = name.split('~').map(decodeURIComponent)
        return { schema, name: table }
      })
    },
    async close() {
      isOpen = false
    },
  }
}

/**
 * Encodes a name as part of a folder name. Dots are encoded too, because `..` must not lead out of the folder, and tildes, because one separates
 * schema and table.
 */
function folderPart(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E').replaceAll('~', '%7E')
}

/** Wraps a table so that its calls fail after it or the storage is closed. */
function guard(table: LogTable, assertStorageOpen: () => void): LogTable {
  let isClosed = false
  const assertOpen = () => {
    assertStorageOpen()
    if (isClosed) throw new WriterTableError('the table is closed', { context: { table: table.ref }, committed: 'no' })
  }
  return {
    ...table,
    async append(batch, commit) {
      assertOpen()
      assertMethodOptions('commit', commit)
      return table.append(batch, commit)
    },
    async *scan(query) {
      assertOpen()
      yield* table.scan(query)
    },
    async aggregate(query) {
      assertOpen()
      return table.aggregate(query)
    },
    async findBatch(batchId) {
      assertOpen()
      return table.findBatch(batchId)
    },
    async info() {
      assertOpen()
      return table.info()
    },
    async close() {
      isClosed = true
      await table.close()
    },
  }
}
