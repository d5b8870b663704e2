import type { ColumnDefinition } from '../column/column-definition.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import type { LogTable, TableOptions, TableRef } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

/** The columns of tables in addition to those of the log, shared by all calls of a writer. */
export interface ExtraColumns {
  /** The columns by table name. */
  readonly known: Map<string, readonly ColumnDefinition[]>
  /** Counts invalidations, so that columns that were read before are not stored. */
  forgotten: number
}

/** An open table with its known columns. */
export interface TableHandle {
  readonly ref: TableRef
  readonly fqn: string
  readonly table: LogTable
  /** Returns the columns in addition to those of the log; reads them once, and again after {@link TableHandle.forgetColumns}. */
  extraColumns(): Promise<readonly ColumnDefinition[]>
  forgetColumns(): void
}

/** The tables that a writer opens with the same options; each is opened once. */
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
      // The next call tries again to open a table that could not be opened.
      opening.catch(() => opened.delete(key))
      return opening
    },
  }
}

/** Returns the table options of the settings, including the current lock timeout of calls. */
export function logTableOptions(config: WriterConfig, { lockTimeoutMs }: StorageBackend): TableOptions {
  return {
    lockTimeoutMs,
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

/** Returns the options of a companion table. It gains the columns that it lacks, since an earlier version may have made it. */
export function companionOptions(config: WriterConfig, columns: readonly ColumnDefinition[]): TableOptions {
  return { columns, evolveSchema: true, packSmallFiles: config.enableOptimization ?? 'byDefault' }
}

async function openHandle(
  storage: StorageBackend,
  ref: TableRef,
  options: TableOptions,
  extraColumns: ExtraColumns,
): Promise<TableHandle> {
  const table = await storage.openTable(ref, options)
  const fqn = `${ref.schema}.${ref.name}`
  // Each handle reads on its own, since calls with other options may wait longer than this one.
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
  // Rows cannot fill a required column of another writer, so the storage reports it.
  return columns.filter(({ name }) => !LOG_COLUMN_NAMES.has(name)).map((column) => ({ ...column, nullable: true }))
}
