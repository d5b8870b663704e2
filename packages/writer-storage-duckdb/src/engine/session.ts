import type { DuckDBConnection } from '@duckdb/node-api'
import { batchRows, type ColumnDefinition, type LogBatch, type Row } from '@forge/writer-core'
import { emptyBatch, takeRows } from '@forge/writer-core/storage'
import { assertStreamEnded } from './assert-stream-ended.ts'
import type { BatchFeed, FedRelation, FeedOptions } from './batch-feed.ts'
import type { BatchSource } from './batch-source.ts'
import type { SqlQuery } from './parameters.ts'
import { type PreparedStatements, preparedStatements } from './prepared-statements.ts'
import { readChunk } from './read-chunk.ts'
import { resultColumns } from './result-columns.ts'

/** A connection to an engine, for one statement or stream at a time. Its methods throw engine errors: see {@link fromEngineError}. */
export interface Session extends PreparedStatements {
  /** The connection itself, for features that this interface lacks, such as appenders. */
  readonly connection: DuckDBConnection
  /** Runs statements without a result. Resolves with the number of rows that the last one changed. */
  run(sql: string, params?: SqlQuery['params']): Promise<number>
  /** Resolves with all rows of a small result. */
  rows(sql: string, params?: SqlQuery['params']): Promise<Row[]>
  /** Reads a result chunk by chunk in bounded memory. `columns` gives names and types; default: those of the engine. */
  stream(
    query: SqlQuery & { readonly columns?: readonly ColumnDefinition[] | undefined },
    options?: { readonly signal?: AbortSignal | undefined; readonly batchRows?: number | undefined },
  ): AsyncGenerator<LogBatch>
  /** Runs `use` with a relation of the rows of a batch. */
  withBatch<Result>(
    batch: LogBatch,
    use: (relation: FedRelation) => Promise<Result>,
    options?: FeedOptions,
  ): Promise<Result>
  /** Does the same as {@link withBatch} for the next batches of the source with equal columns, read once. Throws SourceError if the source fails. */
  withBatches<Result>(
    source: BatchSource,
    use: (relation: FedRelation) => Promise<Result>,
    options?: FeedOptions & {
      /** The maximum number of batches. Default: all. */
      readonly most?: number | undefined
    },
  ): Promise<Result>
  /**
   * Runs work over many rows that may be stored in any order, unless the engine always keeps it. Few rows are stored faster in order. Statements that
   * other sessions start meanwhile do not keep the order either.
   */
  unordered<Result>(work: () => Promise<Result>): Promise<Result>
  /** Runs `work` in a transaction, and rolls back if it throws. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>
  /** Calls `release` when the session closes. */
  onClose(release: () => void): void
  close(): void
}

/** What the sessions of an engine share. */
export interface SessionContext {
  readonly feed: BatchFeed
  readonly unordered: Session['unordered']
  /** Called when the session is closed. */
  readonly onClose: () => void
}

export function openSession(connection: DuckDBConnection, { feed, unordered, onClose }: SessionContext): Session {
  const { close: closeStatements, ...statements } = preparedStatements(connection)
  const releases: (() => void)[] = []
  const session: Session = {
    connection,
    ...statements,
    run: async (sql, params = []) => (await connection.run(sql, [...params])).rowsChanged,
    async rows(sql, params = []) {
      const rows: Row[] = []
      for await (const batch of session.stream({ sql, params })) rows.push(...batchRows(batch))
      return rows
    },
    async *stream({ sql, params, columns }, { signal, batchRows: most } = {}) {
      signal?.throwIfAborted()
      const interrupt = () => connection.interrupt()
      signal?.addEventListener('abort', interrupt)
      let isDone = false
      try {
        const result = await connection.stream(sql, [...params])
        const definitions = columns ?? resultColumns(result)
        while (!isDone) {
          signal?.throwIfAborted()
          const chunk = await result.fetchChunk()
          isDone = !chunk || chunk.rowCount === 0
          if (chunk && !isDone) yield* split(readChunk(chunk, definitions), most)
        }
        signal?.throwIfAborted()
        await assertStreamEnded(result, connection, { sql, params })
      } catch (error) {
        // The engine says only that it was interrupted.
        signal?.throwIfAborted()
        throw error
      } finally {
        signal?.removeEventListener('abort', interrupt)
        // A result that is not read to its end keeps its transaction and the file open until the next statement.
        if (!isDone) await connection.run('select 1').catch(() => undefined)
      }
    },
    async withBatch(batch, use, options) {
      const relation = feed.register(batch, options)
      try {
        return await use(relation)
      } finally {
        relation.release()
      }
    },
    async withBatches(source, use, { most = Number.POSITIVE_INFINITY, ...options } = {}) {
      const first = source.peek() ?? emptyBatch([])
      const relation = feed.registerAll(first, source.alike(most), options)
      try {
        return await use(relation)
      } catch (error) {
        throw source.failure ?? error
      } finally {
        relation.release()
      }
    },
    unordered,
    async transaction(work) {
      await connection.run('begin transaction')
      let result: Awaited<ReturnType<typeof work>>
      try {
        result = await work()
      } catch (error) {
        await connection.run('rollback').catch(() => undefined)
        throw error
      }
      await connection.run('commit')
      return result
    },
    onClose: (release) => void releases.push(release),
    close() {
      onClose()
      closeStatements()
      connection.closeSync()
      for (const release of releases.splice(0)) release()
    },
  }
  return session
}

function* split(batch: LogBatch, most: number | undefined): Generator<LogBatch> {
  if (most === undefined || batch.rowCount <= most) {
    yield batch
    return
  }
  for (let start = 0; start < batch.rowCount; start += most) {
    const length = Math.min(most, batch.rowCount - start)
    yield takeRows(
      batch,
      Uint32Array.from({ length }, (_none, index) => start + index),
    )
  }
}
