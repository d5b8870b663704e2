import { writerConfig } from '../config/make-config.ts'
import { generateTableRef, isRouted } from '../config/table-name.ts'
import type { WriterConfig, WriterConfigInput } from '../config/writer-config.ts'
import { createLogger } from '../logger/create-logger.ts'
import type { Logger } from '../logger/logger.ts'
import type { TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { configureEngine } from './configure.ts'
import { companionOptions, logTableOptions } from './table-handles.ts'
import type { TableSource } from './table-source.ts'

export interface TableSourceOptions {
  /** Stays the caller's to close. */
  readonly storage: StorageBackend
  readonly config: WriterConfigInput
  /** Default: silent, or as `logLevel` says. */
  readonly logger?: Logger
}

/** A log table to read, without a writer. Throws WriterConfigurationError where a setting of the engine cannot act on the storage. */
export function tableSource({ storage, config, logger }: TableSourceOptions): TableSource {
  const checked = writerConfig(config)
  configureEngine(storage, checked)
  const ref = defaultRef(checked)
  const log = logger ?? createLogger('forge-writer', { level: checked.logLevel })
  logLosses(storage, log)
  return {
    config: checked,
    storage,
    logger: log,
    table: ({ table = ref.name } = {}) =>
      storage.openTable({ schema: ref.schema, name: table }, logTableOptions(checked, storage)),
    companion: (suffix, columns) =>
      storage.openTable({ schema: ref.schema, name: `${ref.name}_${suffix}` }, companionOptions(checked, columns)),
  }
}

/** What a log says when a storage finds a loss. */
export const LOSS_MESSAGE = 'the storage lacks commits that it once held, so what is read is not all that was written'

/** Storages whose losses are logged already: many sources may read one. */
const watched = new WeakSet<StorageBackend>()

function logLosses(storage: StorageBackend, logger: Logger): void {
  if (!storage.onLoss || watched.has(storage)) return
  watched.add(storage)
  storage.onLoss((loss) => logger.warn({ location: storage.location, loss }, LOSS_MESSAGE))
}

/** The table that is meant where none is named: where rows of different runs go to different ones, the one without a pattern. */
export function defaultRef(config: WriterConfig): TableRef {
  return isRouted(config) ? { schema: config.tableSchema, name: config.tableName } : generateTableRef(config)
}
