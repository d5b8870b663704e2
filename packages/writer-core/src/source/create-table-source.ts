import { writerConfig } from '../config/make-config.ts'
import { generateTableRef, isRouted } from '../config/table-name.ts'
import type { WriterConfig, WriterConfigInput } from '../config/writer-config.ts'
import { createLogger } from '../logger/create-logger.ts'
import { checkLogger, type Logger } from '../logger/logger.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { configureEngine } from './configure.ts'
import { companionOptions, logTableOptions } from './table-handles.ts'
import { chooseTable, type TableSource } from './table-source.ts'

export interface TableSourceOptions {
  /** The storage. The caller closes it. */
  readonly storage: StorageBackend
  readonly config: WriterConfigInput
  /** The logger. Default: JSON lines to standard error, from `logLevel` up, which is `silent` by default. */
  readonly logger?: Logger | undefined
}

/**
 * Creates a source that reads a log table without a writer. Throws WriterConfigurationError if the storage does not support a setting of the engine.
 */
export function tableSource(options: TableSourceOptions): TableSource {
  assertOptions('tableSource', options, {
    storage: option.required(option.object),
    config: option.required(option.object),
    logger: checkLogger,
  })
  const { storage, config, logger } = options
  const checked = writerConfig(config)
  configureEngine(storage, checked)
  const ref = defaultTableRef(checked)
  const log = logger ?? createLogger('forge-writer', { level: checked.logLevel })
  logLosses(storage, log)
  return {
    config: checked,
    storage,
    logger: log,
    table: async (asked) => storage.openTable(chooseTable(ref, asked), logTableOptions(checked, storage)),
    companion: (suffix, columns) =>
      storage.openTable({ schema: ref.schema, name: `${ref.name}_${suffix}` }, companionOptions(checked, columns)),
  }
}

/** The log message when a storage finds a loss. */
export const LOSS_MESSAGE = 'the storage has lost commits, so rows that were written are missing'

/** The storages whose losses are already logged: several sources may read one storage. */
const watched = new WeakSet<StorageBackend>()

function logLosses(storage: StorageBackend, logger: Logger): void {
  if (!storage.onLoss || watched.has(storage)) return
  watched.add(storage)
  storage.onLoss((loss) => logger.warn({ location: storage.location, loss }, LOSS_MESSAGE))
}

/** Returns the configured table. If rows are routed to tables by a pattern, this is the table without the pattern. */
export function defaultTableRef(config: WriterConfig): TableRef {
  return isRouted(config) ? { schema: config.tableSchema, name: config.tableName } : generateTableRef(config)
}
