import { join } from 'node:path'
import { SIMULATED_NOW } from '@forge/fixtures'
import {
  createLogWriter,
  type LogRowInput,
  memoryStorage,
  type TableSource,
  type WriteHook,
  type WriterConfigInput,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

/** A log that is removed at the end. */
export interface Log extends AsyncDisposable {
  readonly source: TableSource
  /** The path of its DuckDB file. */
  readonly path: string
  write(rows: Iterable<LogRowInput>): Promise<void>
}

export interface OpenLogOptions {
  readonly inMemory?: boolean
  readonly hooks?: readonly WriteHook[]
}

export async function openLog(
  settings: Partial<WriterConfigInput> = {},
  { inMemory = false, hooks = [] }: OpenLogOptions = {},
): Promise<Log> {
  const directory = newFolder()
  const path = join(directory, 'logs.duckdb')
  const storage = inMemory ? memoryStorage() : duckdbStorage({ path })
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', ...settings }
  const writer = await createLogWriter({ storage, config, hooks, now: () => SIMULATED_NOW })
  return {
    source: writer,
    path,
    write: async (rows) => void (await writer.writeLogRows(rows)),
    async [Symbol.asyncDispose]() {
      await writer.close()
      await storage.close()
    },
  }
}
