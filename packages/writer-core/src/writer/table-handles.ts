import type { WriterConfig } from '../config/writer-config.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import type { LogTable, TableOptions, TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

/** The columns of tables that are not of the log, as all calls of a writer know them. */
export interface ExtraColumns {
  /** By the name of the table. */
  readonly known: Map<string, readonly ColumnDefinition[]>
  /** Counts what was forgotten, so that what was read before is not kept. */
  forgotten: number
}

/** A table that stays open, and what is known of it. */
export interface TableHandle {
  readonly ref: TableRef
  readonly fqn: string
  readonly table: LogTable
  /** Columns beyond those of the log; read from the storage once, and again after {@link TableHandle.forgetColumns}. */
  extraColumns(): Promise<readonly ColumnDefinition[]>
  forgetColumns(): void
}

/** The tables that a writer opens with the same options, each opened once. */
export interface TableHandles {
  open(ref: TableRef): Promise<TableHandle>
}

export function tableHandles(storage: StorageBackend, options: TableOptions, extraColumns: ExtraColumns): TableHandles {
  const opened = new Map<string, Promise<TableHandle>>()
  return {
    open(ref) {
      const key = JSON.stringify([ref.schema, ref.name])
      const known = opened.get(key)
      if (known) return known
      const opening = openHandle(storage, ref, options, extraColumns)
      opened.set(key, opening)
      // A table that could not be opened is tried again by the next call.
      opening.catch(() => opened.delete(key))
      return opening
    },
  }
}

/** Returns how the settings want the tables of a log to be, and how long their calls wait for the storage's lock now. */
export function logTableOptions(config: WriterConfig, { lockTimeoutMs }: StorageBackend): TableOptions {
  return {
    ...(lockTimeoutMs !== undefined && { lockTimeoutMs }),
    partitionColumns: config.partitionColumns,
    clusterColumns: config.clusterColumns,
    compression: config.compression,
    maxFileSizeMb: config.maxFileSizeMb,
    packSmallFiles: config.enableOptimization ?? 'byDefault',
    batchSize: config.batchSize,
    evolveSchema: config.enableSchemaEvolution,
    widenColumns: config.autoOptimizeSchema,
  }
}

/** Returns how the settings want a table next to the log to be. */
export function companionOptions(config: WriterConfig, columns: readonly ColumnDefinition[]): TableOptions {
  return { columns, packSmallFiles: config.enableOptimization ?? 'byDefault' }
}

async function openHandle(
  storage: StorageBackend,
  ref: TableRef,
  options: TableOptions,
  extraColumns: ExtraColumns,
): Promise<TableHandle> {
  const table = await storage.openTable(ref, options)
  const fqn = `${ref.schema}.${ref.name}`
  // Each handle reads for itself: calls that opened it with other options may wait longer than this one's.
  let reading: Promise<readonly ColumnDefinition[]> | undefined
  const readOnce = async () => {
    const { forgotten } = extraColumns
    try {
      const columns = await readExtras(table)
      if (extraColumns.forgotten === forgotten) extraColumns.known.set(fqn, columns)
      return columns
    } finally {
      reading = undefined
    }
  }
  return {
    ref,
    fqn,
    table,
    async extraColumns() {
      const known = extraColumns.known.get(fqn)
      if (known) return known
      reading ??= readOnce()
      return reading
    },
    forgetColumns() {
      extraColumns.known.delete(fqn)
      extraColumns.forgotten++
      reading = undefined
    },
  }
}

const LOG_COLUMN_NAMES = new Set<string>(LOG_COLUMNS.map((column) => column.name))

async function readExtras(table: LogTable): Promise<readonly ColumnDefinition[]> {
  const { columns } = await table.info()
  // A column of another writer that may not be null cannot be filled by rows that know nothing of it, so the storage speaks of it.
  return columns.filter(({ name }) => !LOG_COLUMN_NAMES.has(name)).map((column) => ({ ...column, nullable: true }))
}
