import type { WriterConfig } from '../config/writer-config.ts'
import type { WriteHook } from '../hooks/write-hook.ts'
import type { Logger } from '../logger/logger.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import type { AutoOptimizer } from './auto-optimize.ts'
import { defaultRef } from './create-table-source.ts'
import type { MetricsCounter } from './metrics-counter.ts'
import { type RowWriter, rowWriter } from './row-writer.ts'
import {
  companionOptions,
  type ExtraColumns,
  logTableOptions,
  type TableHandles,
  tableHandles,
} from './table-handles.ts'
import type { TableSource } from './table-source.ts'
import type { WriterEvent } from './writer-event.ts'

/** What a call works by from its start to its end: one set of settings, whatever is configured while it runs. */
export interface SettledWriter {
  /** Its `config` never changes. */
  readonly source: TableSource
  readonly rows: RowWriter
}

/** What outlives a change of the settings. */
export interface WriterLife {
  readonly storage: StorageBackend
  readonly hooks: readonly WriteHook[]
  readonly metrics: MetricsCounter
  readonly optimizer: AutoOptimizer
  readonly extraColumns: ExtraColumns
  readonly now: () => Date
  /** Writes to the log from `logLevel` of the given settings up. */
  readonly loggerOf: (config: WriterConfig) => Logger
  readonly emit: (event: WriterEvent, source: TableSource) => void
}

/** Makes what the calls share that start under `config`. */
export function settledWriter(config: WriterConfig, life: WriterLife): SettledWriter {
  const { storage, hooks, metrics, optimizer, now } = life
  const handles = tableHandles(storage, logTableOptions(config, storage), life.extraColumns)
  const source = sourceOf(config, { storage, logger: life.loggerOf(config), handles })
  const emit = (event: WriterEvent) => life.emit(event, source)
  const defaultTable = () => handles.open(defaultRef(config))
  return { source, rows: rowWriter({ source, handles, hooks, metrics, optimizer, now, emit, defaultTable }) }
}

interface SourceParts {
  readonly storage: StorageBackend
  readonly logger: Logger
  readonly handles: TableHandles
}

/** What hooks and readers see of the writer during a call. */
function sourceOf(config: WriterConfig, { storage, logger, handles }: SourceParts): TableSource {
  const ref = defaultRef(config)
  return {
    config,
    storage,
    logger,
    async table({ table = ref.name } = {}) {
      return (await handles.open({ schema: ref.schema, name: table })).table
    },
    companion: (suffix, columns) =>
      storage.openTable({ schema: ref.schema, name: `${ref.name}_${suffix}` }, companionOptions(config, columns)),
  }
}
