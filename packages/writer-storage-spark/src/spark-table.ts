import {
  type CommitResult,
  type LogTable,
  type ScanQuery,
  type TableInfo,
  type TableOptions,
  type TableRef,
  WriterTableError,
} from '@forge/writer-core'
import { fromServerError } from './connect/server-errors.ts'
import { findBatch } from './journal/find-batch.ts'
import { readHistory } from './journal/history.ts'
import type { ReadWays } from './query/run-query.ts'
import { aggregateTable } from './read/aggregate-table.ts'
import { scanTable } from './read/scan-table.ts'
import type { SparkHost } from './spark-host.ts'
import { placeOf, type TablePlace } from './table/place.ts'
import { readDetail } from './table/table-detail.ts'
import { readRowCount, readState, type TableState } from './table/table-state.ts'
import { appendWrite, streamWrite } from './write/append-rows.ts'
import { commitWrite, type TableWrite } from './write/commit-write.ts'

/** A Delta table of a Spark server. */
export type SparkTable = LogTable & Required<Pick<LogTable, 'appendStream'>>

export function sparkTable(ref: TableRef, options: TableOptions, host: SparkHost): SparkTable {
  const place = placeOf(ref, host.root)
  let isClosed = false
  const assertOpen = () => {
    host.assertOpen()
    if (isClosed) throw new WriterTableError(`table ${ref.schema}.${ref.name} is closed`, { committed: 'no' })
  }
  const doing = (what: string) => `${what} ${ref.schema}.${ref.name} on ${host.location}`
  const read: Read = async (what, work) => {
    assertOpen()
    try {
      return await host.sessions.use(async (session) => {
        const ways = { session, reconnectMs: host.reconnectMs }
        return work(ways, await readState(session, ref, place, options.columns))
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
    append: (batch, commit) => write(appendWrite(() => [batch], commit, options)),
    appendStream: (batches, commit) => write(streamWrite(batches, commit, options)),
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

type Read = <Result>(what: string, work: (ways: ReadWays, state: TableState) => Promise<Result>) => Promise<Result>

function fromReadError(error: unknown, doing: string): unknown {
  return error instanceof Error && error.name === 'AbortError' ? error : fromServerError(error, doing)
}

interface Target {
  readonly ref: TableRef
  readonly place: TablePlace
  readonly options: TableOptions
  readonly host: SparkHost
}

/** Streams the rows of a scan. A scan that has returned rows is not started again. */
async function* scanRows({ ref, place, options, host }: Target, query: ScanQuery, doing: string) {
  try {
    const { session, state } = await host.sessions.use(async (session) => ({
      session,
      state: await readState(session, ref, place, options.columns),
    }))
    yield* scanTable({ session, reconnectMs: host.reconnectMs }, state, query)
  } catch (error) {
    if (query.signal?.aborted) throw query.signal.reason
    throw fromReadError(error, doing)
  }
}

async function tableInfo(ways: ReadWays, state: TableState, { location }: SparkHost): Promise<TableInfo> {
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
    version: history[0]?.version ?? 0,
    identity: detail.id,
    location,
    partitionColumns: detail.partitionColumns,
  }
}
