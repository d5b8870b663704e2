import type { WriterConfig } from '../config/writer-config.ts'
import type { WriteHook } from '../hooks/write-hook.ts'
import type { WriterEvent } from '../hooks/writer-event.ts'
import type { Logger } from '../logger/logger.ts'
import { defaultTableRef } from '../source/create-table-source.ts'
import {
  companionOptions,
  type ExtraColumns,
  logTableOptions,
  type TableHandles,
  tableHandles,
} from '../source/table-handles.ts'
import { chooseTable, type TableSource } from '../source/table-source.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import type { AutoOptimizer } from './auto-optimize.ts'
import type { MetricsCounter } from './metrics-counter.ts'
import { type RowWriter, rowWriter } from './row-writer.ts'

/** The parts that a call uses from start to end: one set of settings, even if the writer is configured meanwhile. */
export interface SettledWriter {
  /** The source; its `config` never changes. */
  readonly source: TableSource
  readonly rows: RowWriter
}

/** The parts that stay the same when settings change. */
export interface WriterLife {
  readonly storage: StorageBackend
  readonly hooks: readonly WriteHook[]
  readonly metrics: MetricsCounter
  readonly optimizer: AutoOptimizer
  readonly extraColumns: ExtraColumns
  readonly now: () => Date
  /** Returns a logger that writes from the `logLevel` of the given settings up. */
  readonly loggerOf: (config: WriterConfig) => Logger
  readonly emit: (event: WriterEvent, source: TableSource) => void
}

/** Creates what calls that start under `config` share. */
export function settledWriter(config: WriterConfig, life: WriterLife): SettledWriter {
  const { storage, hooks, metrics, optimizer, now } = life
  const handles = tableHandles(storage, logTableOptions(config, storage), life.extraColumns)
  const source = sourceOf(config, { storage, logger: life.loggerOf(config), handles })
  const emit = (event: WriterEvent) => life.emit(event, source)
  const defaultTable = () => handles.open(defaultTableRef(config))
  return { source, rows: rowWriter({ source, handles, hooks, metrics, optimizer, now, emit, defaultTable }) }
}

interface SourceParts {
  readonly storage: StorageBackend
  readonly logger: Logger
  readonly handles: TableHandles
}

/** Creates the source that hooks and readers see during a call. */
function sourceOf(config: WriterConfig, { storage, logger, handles }: SourceParts): TableSource {
  const ref = defaultTableRef(config)
  return {
    config,
    storage,
    logger,
    table: async (asked) => (await handles.open(chooseTable(ref, asked))).table,
    companion: (suffix, columns) =>
      storage.openTable({ schema: ref.schema, name: `${ref.name}_${suffix}` }, companionOptions(config, columns)),
  }
}
