import { join } from 'node:path'
import { SIMULATED_NOW } from '@forge/fixtures'
import {
  createLogWriter,
  type LogRowInput,
  type LogWriter,
  memoryStorage,
  type StorageBackend,
  type WriterConfigInput,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { createServerHandler, type ServerHandler, type ServerOptions } from '../src/index.ts'

export const STORAGES = ['memory', 'duckdb', 'delta'] as const
export type StorageName = (typeof STORAGES)[number]

/** A log with its server, both of which end together. */
export interface Dashboard extends AsyncDisposable {
  readonly writer: LogWriter
  readonly handler: ServerHandler
  /** The path of the storage. */
  readonly path: string
  write(rows: Iterable<LogRowInput>): Promise<void>
  /** Asks for a path as a browser on this machine does. */
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Response>
  /** Asks the API. */
  json(path: string): Promise<unknown>
}

export interface DashboardOptions extends ServerOptions {
  readonly storage?: StorageName
  readonly settings?: Partial<WriterConfigInput>
}

export async function openDashboard({
  storage: name = 'memory',
  settings,
  ...options
}: DashboardOptions = {}): Promise<Dashboard> {
  const directory = newFolder()
  const path = join(directory, name === 'delta' ? 'log' : 'logs.duckdb')
  const storage = createStorage(name, path)
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', ...settings }
  const writer = await createLogWriter({ storage, config, now: options.now ?? (() => SIMULATED_NOW) })
  const handler = createServerHandler(writer, options)
  const get = (at: string, headers: Record<string, string> = {}, method = 'GET') =>
    handler.fetch(
      new Request(`http://localhost:4774${at}`, { method, headers: { host: 'localhost:4774', ...headers } }),
    )
  return {
    writer,
    handler,
    path,
    write: async (rows) => void (await writer.writeLogRows(rows)),
    get,
    json: async (at) => (await get(`/api/v1${at}`)).json(),
    async [Symbol.asyncDispose]() {
      handler.close()
      await writer.close()
      await storage.close()
    },
  }
}

function createStorage(name: StorageName, path: string): StorageBackend {
  switch (name) {
    case 'memory':
      return memoryStorage()
    case 'duckdb':
      return duckdbStorage({ path })
    case 'delta':
      return deltaStorage({ path })
  }
}
