import {
  addressScheme,
  createLogWriter,
  type Logger,
  type LogWriter,
  openStorageAt,
  type StorageBackend,
  type StoragePackages,
  type WriteHook,
  type WriterConfigInput,
  WriterConfigurationError,
} from '@forge/writer-core'
import { assertOptions, checkLogger, type OptionChecks, option, SETTING_NAMES } from '@forge/writer-core/storage'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { hooksFor } from './hooks.ts'
import { writerMethods } from './methods.ts'
import type { WriterMethods } from './writer-methods.ts'

/** A {@link LogWriter} with the methods of all packages. */
export interface Writer extends LogWriter, WriterMethods {}

/** The options of {@link createWriter}: the storage of the log and every setting of the guide. */
export interface CreateWriterOptions extends WriterConfigInput {
  /**
   * The path of a DuckDB file, or an address: `s3://bucket/prefix` for Delta tables, `postgres://user@host/database`, `sc://host:15002` for Spark, or of a
   * scheme that was passed to `registerStorage`. Pass either `path` or `storage`.
   */
  readonly path?: string | undefined
  /** The storage. The writer closes it. */
  readonly storage?: StorageBackend | undefined
  /** Hooks that run after those of the settings. A hook here replaces the hook that its settings would add. Default: none. */
  readonly hooks?: readonly WriteHook[] | undefined
  /** A logger with pino's methods. Default: silent, unless `logLevel` is set. */
  readonly logger?: Logger | undefined
  /** The clock of the writer. Default: the system clock. */
  readonly now?: (() => Date) | undefined
}

/**
 * Creates a writer with the methods of all packages.
 * Throws WriterConfigurationError if neither or both of `path` and `storage` are passed, or if a setting is invalid.
 *
 * @example
 * const writer = await createWriter({ path: 'logs.duckdb', tableSchema: 'analytics', tableName: 'pipeline_logs' })
 * await writer.writeLogRows([{ run_id: 'run-1', phase: 'bronze', step_name: 'extract', rows_processed: 1000 }])
 * await writer.close()
 */
export async function createWriter(options: CreateWriterOptions): Promise<Writer> {
  assertOptions('createWriter', options, OPTIONS)
  const { path, storage, hooks = [], logger, now, ...config } = options
  const writer = await createLogWriter({
    storage: await chosenStorage(path, storage),
    config,
    hooks: [...hooksFor(config, hooks), ...hooks],
    logger,
    now,
  })
  return Object.assign(writer, writerMethods(writer, now))
}

const PACKAGES: StoragePackages = {
  '@forge/writer-storage-postgres': () => import('@forge/writer-storage-postgres'),
  '@forge/writer-storage-spark': () => import('@forge/writer-storage-spark'),
  '@forge/writer-store-s3': () => import('@forge/writer-store-s3'),
}

/** The checks of the options, except the values of settings, which `createLogWriter` checks. */
const OPTIONS = {
  ...Object.fromEntries(SETTING_NAMES.map((name) => [name, option.any])),
  path: option.text,
  storage: option.object,
  hooks: option.list(option.object),
  logger: checkLogger,
  now: option.clock,
} as unknown as OptionChecks<CreateWriterOptions>

async function chosenStorage(path: string | undefined, storage: StorageBackend | undefined): Promise<StorageBackend> {
  if (storage !== undefined && path === undefined) return storage
  if (path !== undefined && storage === undefined) {
    return addressScheme(path) === undefined ? duckdbStorage({ path }) : openStorageAt(path, PACKAGES)
  }
  throw new WriterConfigurationError('pass either path or storage (exactly one)', {
    suggestions: [
      "Call createWriter({ path: 'logs.duckdb', ... }) or createWriter({ storage: deltaStorage({ ... }), ... }).",
    ],
    committed: 'no',
  })
}
