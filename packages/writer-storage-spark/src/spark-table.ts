import {
  type ColumnDefinition,
  type CommitResult,
  LOG_COLUMNS,
  type LogTable,
  type ScanQuery,
  type SchemaReport,
  type TableInfo,
  type TableOptions,
  type TableRef,
  WriterTableError,
} from '@forge/writer-core'
import { overwriteParts } from '@forge/writer-core/storage'
import { fromServerError } from './connect/server-errors.ts'
import { findBatch } from './journal/find-batch.ts'
import { readHistory } from './journal/history.ts'
import { tableHistory } from './journal/table-history.ts'
import { versionNumber } from './journal/version-number.ts'
import type { ReadWays } from './query/run-query.ts'
import { aggregateTable } from './read/aggregate-table.ts'
import { scanTable } from './read/scan-table.ts'
import type { SparkHost } from './spark-host.ts'
import { placeOf, type TablePlace } from './table/place.ts'
import { readDetail } from './table/table-detail.ts'
import { readRowCount, readState, type TableState } from './table/table-state.ts'
import { optimizeTable } from './upkeep/optimize-table.ts'
import { vacuumTable } from './upkeep/vacuum-table.ts'
import { appendWrite, streamWrite } from './write/append-rows.ts'
import { commitWrite, type TableWrite } from './write/commit-write.ts'
import { deleteWrite, replaceWrite } from './write/delete-rows.ts'
import { evolveWrite } from './write/evolve-columns.ts'
import { mergeWrite } from './write/merge-rows.ts'
import { restoreWrite } from './write/restore-version.ts'

/** A Delta table of a Spark server. */
export type SparkTable = LogTable &
  Required<
    Pick<
      LogTable,
      | 'appendStream'
      | 'overwrite'
      | 'merge'
      | 'delete'
      | 'history'
      | 'at'
      | 'restore'
      | 'evolve'
      | 'optimize'
      | 'vacuum'
      | 'validateSchema'
    >
  >

export function sparkTable(ref: TableRef, options: TableOptions, host: SparkHost): SparkTable {
  const place = placeOf(ref, host.root)
  let isClosed = false
  const assertOpen = () => {
    host.assertOpen()
    if (isClosed) throw new WriterTableError(`table ${ref.schema}.${ref.name} is closed`, { committed: 'no' })
  }
  const doing = (what: string) => `${what} ${ref.schema}.${ref.name} on ${host.location}`
  const read: Read = async (what, work, version) => {
    assertOpen()
    try {
      return await host.sessions.use(async (session) => {
        const ways = { session, reconnectMs: host.reconnectMs }
        return work(ways, await readState(session, ref, place, options.columns, version))
      })
    } catch (error) {
      throw fromReadError(error, doing(what))
    }
  }
  const write = async (change: TableWrite): Promise<CommitResult> => {
    assertOpen()
    host.assertWritable()
    return commitWrite(change, { host, ref, place, options })
  }
  return {
    ref,
    ...writes(options, write),
    ...upkeep(options, host, read),
    evolve: async (change) => void (await write(evolveWrite(change, options))),
    async at(version) {
      const number = await read('look-up in', (ways, state) => versionNumber(ways, state, version))
      const old = <Result>(what: string, work: (ways: ReadWays, state: TableState) => Promise<Result>) =>
        read(what, work, number)
      return {
        aggregate: (query) => old('aggregate of', (ways, state) => aggregateTable(ways, state, query)),
        info: () => old('info of', (ways, state) => tableInfo(ways, state, host, number)),
        scan(query = {}) {
          assertOpen()
          return scanRows({ ref, place, options, host, version: number }, query, doing('scan of'))
        },
      }
    },
    findBatch: (batchId) => read('look-up in', (ways, state) => findBatch(ways, state, batchId)),
    aggregate: (query) => read('aggregate of', (ways, state) => aggregateTable(ways, state, query)),
    info: () => read('info of', (ways, state) => tableInfo(ways, state, host)),
    scan(query = {}) {
      assertOpen()
      return scanRows({ ref, place, options, host }, query, doing('scan of'))
    },
    async close() {
      isClosed = true
    },
  }
}

type Write = (change: TableWrite) => Promise<CommitResult>

function writes(
  options: TableOptions,
  write: Write,
): Pick<SparkTable, 'append' | 'appendStream' | 'overwrite' | 'merge' | 'delete' | 'restore'> {
  return {
    append: (batch, commit) => write(appendWrite(batch, commit, options)),
    appendStream: (batches, commit) => write(streamWrite(batches, commit, options)),
    overwrite(batch, ...target) {
      const { where, commit } = overwriteParts(target)
      return write(
        where ? replaceWrite(batch, where, commit, options) : appendWrite(batch, commit, options, 'overwrite'),
      )
    },
    merge: async (batch, merge, commit) => write(mergeWrite(batch, merge, commit, options)),
    delete: (where, commit) => write(deleteWrite(where, commit)),
    restore: (version, commit) => write(restoreWrite(version, commit)),
  }
}

function upkeep(
  options: TableOptions,
  host: SparkHost,
  read: Read,
): Pick<SparkTable, 'history' | 'optimize' | 'vacuum' | 'validateSchema'> {
  return {
    history: (asked) => read('history of', (ways, state) => tableHistory(ways, state, asked)),
    async optimize(asked = {}) {
      host.assertWritable()
      return read('optimize of', (ways, state) => optimizeTable(ways, state, asked))
    },
    async vacuum(asked = {}) {
      if (!asked.dryRun) host.assertWritable()
      return read('vacuum of', (ways, state) => vacuumTable(ways, state, asked, host.changes))
    },
    validateSchema: () => read('check of', async (_ways, state) => reportOf(state, options.columns ?? LOG_COLUMNS)),
  }
}

/** Compares the stored columns with the expected ones. Additional columns are allowed. */
function reportOf({ exists, columns }: TableState, expected: readonly ColumnDefinition[]): SchemaReport {
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

type Read = <Result>(
  what: string,
  work: (ways: ReadWays, state: TableState) => Promise<Result>,
  version?: number,
) => Promise<Result>

function fromReadError(error: unknown, doing: string): unknown {
  return error instanceof Error && error.name === 'AbortError' ? error : fromServerError(error, doing)
}

interface Target {
  readonly ref: TableRef
  readonly place: TablePlace
  readonly options: TableOptions
  readonly host: SparkHost
  readonly version?: number | undefined
}

/** Streams the rows of a scan. A scan that has returned rows is not started again. */
async function* scanRows({ ref, place, options, host, version }: Target, query: ScanQuery, doing: string) {
  try {
    const { session, state } = await host.sessions.use(async (session) => ({
      session,
      state: await readState(session, ref, place, options.columns, version),
    }))
    yield* scanTable({ session, reconnectMs: host.reconnectMs }, state, query)
  } catch (error) {
    if (query.signal?.aborted) throw query.signal.reason
    throw fromReadError(error, doing)
  }
}

async function tableInfo(
  ways: ReadWays,
  state: TableState,
  { location }: SparkHost,
  version?: number,
): Promise<TableInfo> {
  const { exists, columns, place, rows } = state
  if (!exists) {
    return { exists, rowCount: 0, columns, sizeBytes: 0, files: 0, version: -1, location, partitionColumns: [] }
  }
  const [detail, history, rowCount] = await Promise.all([
    readDetail(ways, place),
    readHistory(ways, place, { limit: 1 }),
    readRowCount(ways, rows),
  ])
  return {
    exists,
    rowCount,
    columns,
    sizeBytes: detail.sizeBytes,
    files: detail.files,
    version: version ?? history[0]?.version ?? 0,
    identity: detail.id,
    location,
    partitionColumns: detail.partitionColumns,
  }
}
