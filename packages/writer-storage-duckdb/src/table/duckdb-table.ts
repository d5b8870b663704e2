import {
  type AggregateRow,
  batchRows,
  type CommitOptions,
  LOG_COLUMNS,
  type LogBatch,
  type LogTable,
  type Predicate,
  type TableOptions,
  type TableRef,
  WriterTableError,
  WriterUnsupportedError,
} from '@forge/writer-core'
import { compileAggregate } from '../engine/compile-aggregate.ts'
import type { DatabaseFile } from '../file/database-file.ts'
import { databaseBytes } from '../file/database-path.ts'
import { findBatch } from '../journal/find-batch.ts'
import { tableHistory } from '../journal/history.ts'
import { analyzeTable } from '../upkeep/analyze.ts'
import { evolveTable } from '../upkeep/evolve.ts'
import { exportTable } from '../upkeep/export.ts'
import { migrateTable } from '../upkeep/migrate.ts'
import { optimizeTable } from '../upkeep/optimize.ts'
import { schemaReport } from '../upkeep/schema-report.ts'
import { vacuumFile } from '../upkeep/vacuum.ts'
import { commitWrites, type TableWrite } from '../write/commit-write.ts'
import { deleteRows } from '../write/delete-rows.ts'
import { insertBatch } from '../write/insert-batch.ts'
import { mergeBatch } from '../write/merge-batch.ts'
import { type ReadWork, readTable, scanTable } from './read-table.ts'

/** What a table shares with the storage that opened it. */
export interface TableHost {
  readonly database: DatabaseFile
  readonly readOnly: boolean
  deadline(): number
  /** Throws WriterTableError once the storage is closed. */
  assertOpen(): void
}

/** A table of the file. */
export interface DuckdbTable extends Required<Omit<LogTable, 'at' | 'restore'>> {
  readonly options: TableOptions
  readonly host: TableHost
}

export function duckdbTable(ref: TableRef, options: TableOptions, host: TableHost): DuckdbTable {
  const { database } = host
  let isClosed = false
  const assertOpen = () => {
    host.assertOpen()
    if (isClosed) throw new WriterTableError(`table ${ref.schema}.${ref.name} is closed`, { committed: 'no' })
  }
  const doing = (what: string) => `${what} ${ref.schema}.${ref.name}`
  const read = <Result>(what: string, work: ReadWork<Result>) => {
    assertOpen()
    return readTable(host, ref, options, doing(what), work)
  }
  const write = async (change: Omit<TableWrite, 'ref'>) => {
    assertOpen()
    if (host.readOnly) throw readOnlyError()
    const [result] = await commitWrites(database, [{ ...change, ref }], host.deadline)
    if (!result) throw new WriterTableError(`${doing('write to')}: no result`)
    return result
  }
  const insert = async (batch: LogBatch, context: Parameters<TableWrite['change']>[0]) =>
    insertBatch(batch, options, context)

  return {
    ref,
    options,
    host,
    append: (batch, commit) =>
      write({
        operation: 'append',
        commit,
        change: async (context) => ({ rowsInserted: await insert(batch, context) }),
      }),
    overwrite: (batch, commit, where) =>
      write({
        operation: 'overwrite',
        commit,
        change: async (context) => {
          const rowsDeleted = await deleteRows(where, context)
          return { rowsInserted: await insert(batch, context), rowsDeleted }
        },
      }),
    merge: (batch, merge, commit) =>
      write({
        operation: merge.whenMatched === 'ignore' ? 'ignore' : 'merge',
        commit,
        change: (context) => mergeBatch(batch, merge, options, context),
      }),
    delete: (where: Predicate, commit: CommitOptions) =>
      write({
        operation: 'delete',
        commit,
        change: async (context) => ({ rowsInserted: 0, rowsDeleted: await deleteRows(where, context) }),
      }),
    findBatch: (batchId) =>
      read('look-up in', async ({ file, session }) => file && findBatch(session, file.journal, ref, batchId)),
    scan: (query = {}) => {
      assertOpen()
      return scanTable(host, ref, options, query, doing('scan of'))
    },
    aggregate: (query) =>
      read('aggregate of', async ({ session, relation }) => {
        const rows: AggregateRow[] = []
        const stream = session.stream(compileAggregate(relation, query), { signal: query.signal })
        for await (const batch of stream) rows.push(...batchRows(batch))
        return rows
      }),
    info: () =>
      read('info of', async ({ state, relation }) => ({
        exists: state.exists,
        rowCount: state.rowCount,
        columns: relation.columns,
        sizeBytes: state.exists ? databaseBytes(database.path) : 0,
        files: state.exists ? 1 : 0,
        version: state.version,
        location: database.path,
        partitionColumns: [],
      })),
    history: (asked) =>
      read('history of', ({ file, session }) => tableHistory(session, file?.journal, ref, asked?.limit)),
    evolve: async (change) => void (await write(evolveTable(change))),
    async migrate() {
      const migration = migrateTable()
      await write(migration)
      return migration.changed()
    },
    optimize: async (asked = {}) => optimizeTable(asked, options, host, write),
    vacuum: (asked) => {
      assertOpen()
      if (host.readOnly) throw readOnlyError()
      return vacuumFile(host, ref, asked)
    },
    analyze: () => {
      if (host.readOnly) throw readOnlyError()
      return read('analyze of', analyzeTable)
    },
    validateSchema: () => read('check of', async ({ state }) => schemaReport(state, options.columns ?? LOG_COLUMNS)),
    exportTo: (request) => read('export of', ({ session, relation }) => exportTable(session, relation, request)),
    async close() {
      isClosed = true
    },
  }
}

function readOnlyError(): WriterUnsupportedError {
  return new WriterUnsupportedError('the storage was opened with readOnly', {
    suggestions: ['Open it without readOnly.'],
  })
}
