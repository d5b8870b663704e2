import { join } from 'node:path'
import {
  createLogWriter,
  type LogRowInput,
  memoryStorage,
  type StorageBackend,
  type TableSource,
  type WriteOptions,
  type WriterConfigInput,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { describe } from 'vitest'

/** A log in a folder of its own, removed at the end. */
export interface Log extends AsyncDisposable {
  readonly source: TableSource
  readonly directory: string
  write(rows: Iterable<LogRowInput>, options?: WriteOptions): Promise<void>
}

export type OpenLog = (settings?: Partial<WriterConfigInput>) => Promise<Log>

export const STORAGES: Readonly<Record<string, (directory: string) => StorageBackend>> = {
  memory: () => memoryStorage(),
  duckdb: (directory) => duckdbStorage({ path: join(directory, 'logs.duckdb') }),
  delta: (directory) => deltaStorage({ path: join(directory, 'lake') }),
}

export const NOW = new Date('2024-06-15T12:00:00Z')
export const now = () => NOW

/** Runs the same tests on each storage. */
export function onEveryStorage(tests: (open: OpenLog, storage: string) => void): void {
  describe.each(Object.entries(STORAGES))('%s', (name, create) => {
    tests((settings) => openLog(create, settings), name)
  })
}

export async function openLog(
  create: (directory: string) => StorageBackend,
  settings: Partial<WriterConfigInput> = {},
): Promise<Log> {
  const directory = newFolder()
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', ...settings }
  const writer = await createLogWriter({ storage: create(directory), config, now })
  return {
    source: writer,
    directory,
    write: async (rows, options) => void (await writer.writeLogRows(rows, options)),
    async [Symbol.asyncDispose]() {
      await writer.close()
    },
  }
}
