import { randomUUID } from 'node:crypto'
import {
  type AnalyzeResult,
  type ColumnDefinition,
  type CommitResult,
  LOG_COLUMNS,
  type LogBatch,
  type LogTable,
  type ScanQuery,
  type SchemaChange,
  type SchemaReport,
  type TableOptions,
  type TableRef,
  WriterTableError,
} from '@forge/writer-core'
import { assertMethodOptions, evolveColumns, overwriteParts } from '@forge/writer-core/storage'
import type { Session } from './connection/connections.ts'
import { fromServerError } from './connection/server-errors.ts'
import { findBatch, journalExists, tableHistory } from './journal/journal.ts'
import { aggregateTable } from './read/aggregate-table.ts'
import { scanTable } from './read/scan-table.ts'
import type { ServerHost } from './server-host.ts'
import { columnsSql, readTableState, type TableShape, type TableState, tableShape } from './table/table-state.ts'
import { tableBytes, vacuumTable } from './upkeep/vacuum-table.ts'
import { commitWrites } from './write/commit-writes.ts'
import { deleteRows } from './write/delete-rows.ts'
import { alterations, changeTable } from './write/fit-table.ts'
import { insertBatch, insertBatches } from './write/insert-rows.ts'
import { mergeRows } from './write/merge-rows.ts'
import type { TableWrite } from './write/table-write.ts'

/** A table of a PostgreSQL database. */
export type PostgresTable = LogTable &
  Required<
    Pick<
      LogTable,
      'appendStream' | 'overwrite' | 'merge' | 'delete' | 'history' | 'evolve' | 'vacuum' | 'analyze' | 'validateSchema'
    >
  >

/** All statements of a read see one snapshot. */
const BEGIN_READ = 'begin isolation level repeatable read read only'

export function postgresTable(ref: TableRef, options: TableOptions, host: ServerHost): PostgresTable {
  let isClosed = false
  const assertOpen = () => {
    host.assertOpen()
    if (isClosed) throw new WriterTableError(`table ${ref.schema}.${ref.name} is closed`, { committed: 'no' })
  }
  const read = async <Result>(what: string, work: (session: Session, table: TableShape) => Promise<Result>) => {
    assertOpen()
    try {
      return await host.connections.use([BEGIN_READ, columnsSql(ref)], async (session, begun) =>
        work(session, tableShape(ref, begun.at(-1) ?? [], { columns: options.columns })),
      )
    } catch (error) {
      throw fromReadError(error, `${what} ${ref.schema}.${ref.name}`)
    }
  }
  const write = async (change: Omit<TableWrite, 'ref' | 'declared'>): Promise<CommitResult> => {
    assertOpen()
    host.assertWritable()
    const lockTimeoutMs = options.lockTimeoutMs ?? host.lockTimeoutMs()
    const declared = { columns: options.columns, partitionByMonth: host.partitionByMonth }
    const writes = [{ ...change, ref, declared }]
    const [result] = await commitWrites(writes, {
      connections: host.connections,
      known: host.known,
      notifiesChanges: host.notifiesChanges,
      lockTimeoutMs,
    })
    if (!result) throw new WriterTableError('the write has no result', { committed: 'unknown' })
    return result
  }
  return {
    ref,
    ...writes(options, write),
    ...reads(ref, options, host, read),
    scan(query = {}) {
      assertOpen()
      return scanRows(ref, options, host, query)
    },
    evolve: async (change) => void (await write(evolution(change))),
    async vacuum(asked = {}) {
      assertMethodOptions('vacuum', asked)
      if (!asked.dryRun) host.assertWritable()
      try {
        return await vacuumTable(asked, await read('vacuum of', async (_session, state) => state), host, write)
      } catch (error) {
        throw fromServerError(error, `vacuum of ${ref.schema}.${ref.name}`)
      }
    },
    async analyze() {
      host.assertWritable()
      return analyzeTable(await read('analyze of', readTableState), host)
    },
    async close() {
      isClosed = true
    },
  }
}

function fromReadError(error: unknown, doing: string): unknown {
  return error instanceof Error && error.name === 'AbortError' ? error : fromServerError(error, doing)
}

type Write = (change: Omit<TableWrite, 'ref' | 'declared'>) => Promise<CommitResult>

function writes(
  options: TableOptions,
  write: Write,
): Pick<PostgresTable, 'append' | 'appendStream' | 'overwrite' | 'merge' | 'delete'> {
  return {
    append: (batch, commit) => write({ operation: 'append', commit, ...appendOf(batch, options) }),
    appendStream: (batches, commit) =>
      write({
        operation: 'append',
        commit,
        // A later batch may need a change, and the batches before it cannot be read again.
        hold: options.evolveSchema || options.widenColumns ? 'alone' : 'shared',
        change: async (session, state, hold) => ({
          rowsInserted: await insertBatches(batches, options, session, state, hold),
        }),
      }),
    overwrite(batch, ...target) {
      const { where, commit } = overwriteParts(target)
      return write({
        operation: 'overwrite',
        commit,
        hold: 'alone',
        async change(session, state, hold) {
          const rowsDeleted = await deleteRows(where, session, state)
          await insertBatch(batch, options, session, state, hold)
          return { rowsInserted: batch.rowCount, rowsDeleted }
        },
      })
    },
    merge: (batch, merge, commit) =>
      write({
        operation: merge.whenMatched === 'ignore' ? 'ignore' : 'merge',
        commit,
        hold: 'alone',
        change: (session, state) => mergeRows(batch, merge, options, session, state),
      }),
    delete: (where, commit) =>
      write({
        operation: 'delete',
        commit,
        hold: 'alone',
        needsTable: true,
        change: async (session, state) => ({
          rowsInserted: 0,
          rowsDeleted: await deleteRows(where, session, state, true),
        }),
      }),
  }
}

/** Returns the part of a write that appends a batch. */
export function appendOf(batch: LogBatch, options: TableOptions): Pick<TableWrite, 'hold' | 'appended' | 'change'> {
  return {
    hold: 'shared',
    appended: { batch, options },
    async change(session, state, hold) {
      await insertBatch(batch, options, session, state, hold)
      return { rowsInserted: batch.rowCount }
    },
  }
}

type Read = <Result>(what: string, work: (session: Session, table: TableShape) => Promise<Result>) => Promise<Result>

function reads(
  ref: TableRef,
  options: TableOptions,
  { location }: ServerHost,
  read: Read,
): Pick<PostgresTable, 'findBatch' | 'aggregate' | 'info' | 'history' | 'validateSchema'> {
  return {
    findBatch: (batchId) =>
      read('look-up in', async (session) =>
        (await journalExists(session)) ? findBatch(session, ref, batchId) : undefined,
      ),
    aggregate: (query) => read('aggregate of', (session, state) => aggregateTable(session, state, query)),
    info: () =>
      read('info of', async (session, table) => {
        const { exists, rowCount, columns, version, sqlName } = await readTableState(session, table)
        const sizeBytes = exists ? (await tableBytes(session, sqlName)).bytes : 0
        const partitionColumns = table.partitions?.column === undefined ? [] : [table.partitions.column]
        return { exists, rowCount, columns, sizeBytes, files: 0, version, location, partitionColumns }
      }),
    history: (asked) => read('history of', (session) => tableHistory(session, ref, asked)),
    validateSchema: () => read('check of', async (_session, state) => reportOf(state, options.columns ?? LOG_COLUMNS)),
  }
}

async function* scanRows(
  ref: TableRef,
  options: TableOptions,
  { connections }: ServerHost,
  query: ScanQuery,
): AsyncGenerator<LogBatch> {
  const queue = await connections
    .open([BEGIN_READ, columnsSql(ref)])
    .catch((error: unknown) => Promise.reject(fromReadError(error, `scan of ${ref.schema}.${ref.name}`)))
  try {
    yield* scanTable(queue.session, tableShape(ref, queue.begun.at(-1) ?? [], { columns: options.columns }), query)
  } catch (error) {
    if (query.signal?.aborted) throw query.signal.reason
    throw fromReadError(error, `scan of ${ref.schema}.${ref.name}`)
  } finally {
    await queue.close()
  }
}

function evolution(change: SchemaChange): Omit<TableWrite, 'ref' | 'declared'> {
  assertMethodOptions('evolve', change)
  return {
    operation: 'evolve',
    commit: { batchId: randomUUID() },
    hold: 'alone',
    async change(session, state) {
      if (!state.exists)
        throw new WriterTableError('the table does not exist, so it cannot evolve', { committed: 'no' })
      await changeTable(session, alterations(state, evolveColumns(state.columns, change)))
      return { rowsInserted: 0 }
    },
  }
}

async function analyzeTable(
  { exists, sqlName, rowCount, columns }: TableState,
  { connections, lockTimeoutMs }: ServerHost,
): Promise<AnalyzeResult> {
  if (!exists) return { rowCount: 0, columnsAnalyzed: [] }
  await connections.alone(`analyze ${sqlName}`, lockTimeoutMs())
  return { rowCount, columnsAnalyzed: columns.map(({ name }) => name) }
}

/** Compares the stored columns with the expected ones. Additional columns are allowed. */
function reportOf({ exists, columns }: TableShape, expected: readonly ColumnDefinition[]): SchemaReport {
  if (!exists) return { valid: true, problems: [] }
  const problems = expected.flatMap((column) => {
    const found = columns.find(({ name }) => name === column.name)
    if (!found) return [{ column: column.name, problem: 'is missing', suggestion: 'evolve() adds it.' }]
    if (found.type === column.type) return []
    const problem = `is ${found.type}, expected ${column.type}`
    return [{ column: column.name, problem, suggestion: 'evolve() widens it.' }]
  })
  return { valid: problems.length === 0, problems }
}
