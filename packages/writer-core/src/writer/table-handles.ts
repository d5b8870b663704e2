import type { WriterConfig } from '../config/writer-config.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import type { LogTable, TableOptions, TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

/** A table that stays open, and what is known of it. */
export interface TableHandle {
  readonly ref: TableRef
  readonly fqn: string
  readonly table: LogTable
  /** Columns beyond those of the log; read from the storage once, and again after {@link TableHandle.forgetColumns}. */
  extraColumns(): Promise<readonly ColumnDefinition[]>
  forgetColumns(): void
}

/** The tables of one writer, each opened once. */
export interface TableHandles {
  open(ref: TableRef): Promise<TableHandle>
  /** Later calls of {@link TableHandles.open} open anew, with other options. */
  reset(): void
}

export function tableHandles(storage: StorageBackend, options: () => TableOptions): TableHandles {
  const opened = new Map<string, Promise<TableHandle>>()
  return {
    open(ref) {
      const key = JSON.stringify([ref.schema, ref.name])
      const known = opened.get(key)
      if (known) return known
      const opening = openHandle(storage, ref, options())
      opened.set(key, opening)
      // A table that could not be opened is tried again by the next call.
      opening.catch(() => opened.delete(key))
      return opening
    },
    reset: () => opened.clear(),
  }
}

/** How the settings want the tables of a log to be. */
export function logTableOptions(config: WriterConfig): TableOptions {
  return {
    partitionColumns: config.partitionColumns,
    clusterColumns: config.clusterColumns,
    compression: config.compression,
    maxFileSizeMb: config.maxFileSizeMb,
    batchSize: config.batchSize,
    evolveSchema: config.enableSchemaEvolution,
    widenColumns: config.autoOptimizeSchema,
  }
}

async function openHandle(storage: StorageBackend, ref: TableRef, options: TableOptions): Promise<TableHandle> {
  const table = await storage.openTable(ref, options)
  let extras: Promise<readonly ColumnDefinition[]> | undefined
  return {
    ref,
    fqn: `${ref.schema}.${ref.name}`,
    table,
    extraColumns() {
      extras ??= readExtras(table)
      extras.catch(() => {
        extras = undefined
      })
      return extras
    },
    forgetColumns() {
      extras = undefined
    },
  }
}

const LOG_COLUMN_NAMES = new Set<string>(LOG_COLUMNS.map((column) => column.name))

async function readExtras(table: LogTable): Promise<readonly ColumnDefinition[]> {
  const { columns } = await table.info()
  // A column of another writer that may not be null cannot be filled by rows that know nothing of it, so the storage speaks of it.
  return columns.filter(({ name }) => !LOG_COLUMN_NAMES.has(name)).map((column) => ({ ...column, nullable: true }))
}
