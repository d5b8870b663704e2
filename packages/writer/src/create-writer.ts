import {
  createLogWriter,
  type Logger,
  type LogWriter,
  type StorageBackend,
  type WriteHook,
  type WriterConfigInput,
  WriterConfigurationError,
} from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { hooksFor } from './hooks.ts'
import { type GuideMethods, guideMethods } from './methods.ts'

/** A {@link LogWriter} with every method of the guide. */
export type Writer = LogWriter & GuideMethods

/** Where the log is stored, and every setting of the guide. */
export interface CreateWriterOptions extends WriterConfigInput {
  /** DuckDB file; short for `storage: duckdbStorage({ path })`. */
  readonly path?: string
  /** Any storage; closed with the writer. */
  readonly storage?: StorageBackend
  /** Run after those that the settings ask for; a gate or watch of one's own takes the place of the one of the settings. */
  readonly hooks?: readonly WriteHook[]
  /** Any logger with pino's methods. Default: silent. */
  readonly logger?: Logger
  /** Clock of the writer. */
  readonly now?: () => Date
}

/**
 * All of forge-writer in one object.
 * Throws WriterConfigurationError where neither or both of `path` and `storage` are given, or a setting is wrong.
 *
 * @example
 * const writer = await createWriter({ path: 'logs.duckdb', tableSchema: 'analytics', tableName: 'pipeline_logs' })
 * await writer.writeLogRows([{ run_id: 'run-1', phase: 'bronze', step_name: 'extract', rows_processed: 1000 }])
 * await writer.close()
 */
export async function createWriter(options: CreateWriterOptions): Promise<Writer> {
  const { path, storage, hooks = [], logger, now, ...config } = options
  const writer = await createLogWriter({
    storage: chosenStorage(path, storage),
    config,
    hooks: [...hooksFor(config, hooks), ...hooks],
    ...(logger && { logger }),
    ...(now && { now }),
  })
  return Object.assign(writer, guideMethods(writer, now ? { now } : {}))
}

function chosenStorage(path: string | undefined, storage: StorageBackend | undefined): StorageBackend {
  if (storage !== undefined && path === undefined) return storage
  if (path !== undefined && storage === undefined) return duckdbStorage({ path })
  throw new WriterConfigurationError('give one of path and storage', {
    suggestions: [
      "createWriter({ path: 'logs.duckdb', ... }), or createWriter({ storage: deltaStorage({ ... }), ... })",
    ],
    committed: 'no',
  })
}
