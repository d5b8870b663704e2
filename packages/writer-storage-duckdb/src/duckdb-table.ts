import {
  type AggregateRow,
  type AnalyzeResult,
  batchRows,
  type CommitResult,
  LOG_COLUMNS,
  type LogTable,
  type TableOptions,
  type TableRef,
  WriterTableError,
  WriterUnsupportedError,
} from '@forge/writer-core'
import { assertMethodOptions, assertPredicate, overwriteParts } from '@forge/writer-core/storage'
import { compileAggregate } from './engine/compile-aggregate.ts'
import { databaseBytes } from './file/database-path.ts'
import { missingFileLoss } from './file/known-loss.ts'
import type { TableHost } from './file/table-host.ts'
import { findBatch } from './journal/find-batch.ts'
import { tableHistory } from './journal/history.ts'
import { type ReadContext, type ReadWork, readTable, scanTable } from './read/read-table.ts'
import { logicalColumns } from './table/table-state.ts'
import { evolveTable } from './upkeep/evolve.ts'
import { exportTable } from './upkeep/export.ts'
import { migrateTable } from './upkeep/migrate.ts'
import { optimizeTable } from './upkeep/optimize.ts'
import { schemaReport } from './upkeep/schema-report.ts'
import { vacuumFile } from './upkeep/vacuum.ts'
import { commitWrites, type TableWrite } from './write/commit-write.ts'
import { deleteRows } from './write/delete-rows.ts'
import { fitColumns } from './write/fit-columns.ts'
import { appendOf, insertBatch, insertBatches } from './write/insert-batch.ts'
import { mergeBatch } from './write/merge-batch.ts'

/** A table of a DuckDB file. */
export type DuckdbTable = Required<Omit<LogTable, 'at' | 'restore'>>

export function duckdbTable(ref: TableRef, options: TableOptions, host: TableHost): DuckdbTable {
  let isClosed = false
  const assertOpen = () => {
    host.assertOpen()
    if (isClosed) throw new WriterTableError(`table ${ref.schema}.${ref.name} is closed`, { committed: 'no' })
  }
  const assertWritable = () => {
    assertOpen()
    if (host.readOnly) throw readOnlyError()
  }
  const read: Read = async (what, work) => {
    assertOpen()
    return readTable(host, ref, options, `${what} ${ref.schema}.${ref.name}`, work)
  }
  const write: Write = async (change) => {
    assertWritable()
    const [result] = await commitWrites(host.database, [{ ...change, ref }], host.deadline)
    if (!result) throw new WriterTableError('the write has no result', { committed: 'unknown' })
    return result
  }
  return {
    ref,
    ...writes(options, write),
    ...reads(ref, options, host, read),
    scan: (query = {}) => {
      assertOpen()
      return scanTable(host, ref, options, query, `scan of ${ref.schema}.${ref.name}`)
    },
    evolve: async (change) => void (await write(evolveTable(change))),
    async migrate() {
      const migration = migrateTable()
      await write(migration)
      return migration.changed()
    },
    optimize: (asked = {}) => optimizeTable(asked, options, host, write),
    async vacuum(asked) {
      assertWritable()
      return vacuumFile(host, ref, asked)
    },
    async analyze() {
      assertWritable()
      return read('analyze of', analyzeTable)
    },
    async close() {
      isClosed = true
    },
  }
}

type Read = <Result>(what: string, work: ReadWork<Result>) => Promise<Result>
type Write = (change: Omit<TableWrite, 'ref'>) => Promise<CommitResult>

type Writes = Pick<DuckdbTable, 'append' | 'appendStream' | 'overwrite' | 'merge' | 'delete'>

function writes(options: TableOptions, write: Write): Writes {
  return {
    append: (batch, commit) => write(appendOf(batch, options, commit)),
    appendStream: (batches, commit) =>
      write({
        operation: 'append',
        commit,
        change: async (context) => ({ rowsInserted: await insertBatches(batches, options, context) }),
      }),
    overwrite(batch, ...target) {
      const { where, commit } = overwriteParts(target)
      return write({
        operation: 'overwrite',
        commit,
        change: async (context) => {
          if (where && context.table.exists) assertPredicate(where, logicalColumns(context.table.columns))
          // The engine allows no column changes after deletes in the same transaction.
          await fitColumns(batch, options, context)
          const rowsDeleted = await deleteRows(where, context)
          return { rowsInserted: await insertBatch(batch, options, context), rowsDeleted }
        },
      })
    },
    merge: (batch, merge, commit) =>
      write({
        operation: merge.whenMatched === 'ignore' ? 'ignore' : 'merge',
        commit,
        async change(context) {
          assertMethodOptions('merge', merge)
          return mergeBatch(batch, merge, options, context)
        },
      }),
    delete: (where, commit) =>
      write({
        operation: 'delete',
        commit,
        needsTable: true,
        change: async (context) => ({ rowsInserted: 0, rowsDeleted: await deleteRows(where, context) }),
      }),
  }
}

function reads(
  ref: TableRef,
  options: TableOptions,
  { database }: TableHost,
  read: Read,
): Pick<DuckdbTable, 'findBatch' | 'aggregate' | 'info' | 'history' | 'validateSchema' | 'exportTo'> {
  return {
    findBatch: (batchId) =>
      read('look-up in', async ({ file, session }) => file && findBatch(session, file.journal, ref, batchId)),
    aggregate: (query) =>
      read('aggregate of', async ({ session, relation }) => {
        const rows: AggregateRow[] = []
        const stream = session.stream(compileAggregate(relation, query), { signal: query.signal })
        for await (const batch of stream) rows.push(...batchRows(batch))
        return rows
      }),
    info: () =>
      read('info of', async ({ file, state, relation }) => ({
        exists: state.exists,
        rowCount: state.rowCount,
        columns: relation.columns,
        sizeBytes: state.exists ? databaseBytes(database.path) : 0,
        files: state.exists ? 1 : 0,
        version: state.exists ? state.version : -1,
        location: database.path,
        partitionColumns: [],
        lost: file ? file.lost : missingFileLoss(database.path),
      })),
    history: (asked) =>
      read('history of', ({ file, session }) =>
        session.transaction(() => tableHistory(session, file?.journal, ref, asked)),
      ),
    validateSchema: () => read('check of', async ({ state }) => schemaReport(state, options.columns ?? LOG_COLUMNS)),
    exportTo: (request) =>
      read('export of', ({ session, relation }) => exportTable(session, relation, request, options.maxFileSizeMb)),
  }
}

/** Updates the engine's statistics of the table. */
async function analyzeTable({ session, state }: ReadContext): Promise<AnalyzeResult> {
  if (!state.exists) return { rowCount: 0, columnsAnalyzed: [] }
  await session.run(`analyze ${state.sqlName}`)
  return { rowCount: state.rowCount, columnsAnalyzed: state.columns.map(({ name }) => name) }
}

function readOnlyError(): WriterUnsupportedError {
  return new WriterUnsupportedError('the storage was opened with readOnly', {
    suggestions: ['Open it without readOnly.'],
  })
}
