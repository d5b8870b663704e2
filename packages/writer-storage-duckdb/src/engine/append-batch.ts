import { DuckDBDataChunk } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { LogBatch } from '@forge/writer-core'
import { CHUNK_ROWS } from './chunk-words.ts'
import { columnFeed } from './column-feed.ts'
import type { Session } from './session.ts'

/** Batches of up to so many rows come often: planning a statement over a table function, anew each time, would take longer than storing them. */
export const SMALL_ROWS = 500

export interface AppendTarget {
  readonly catalog: string
  readonly schema: string
  readonly name: string
}

/**
 * Adds the rows of a small batch to the end of a table, within the session's transaction. The batch has the table's columns, in their order and of
 * their types.
 */
export async function appendBatch({ connection }: Session, target: AppendTarget, batch: LogBatch): Promise<void> {
  const { columns, vectors, rowCount } = batch
  if (rowCount > CHUNK_ROWS) throw new RangeError(`at most ${CHUNK_ROWS} rows can be appended at once`)
  const feeds = vectors.flatMap((vector, at) => (columns[at] ? columnFeed(columns[at], vector, true) : []))
  const chunk = DuckDBDataChunk.create(
    feeds.map(({ type }) => type),
    rowCount,
  )
  for (const [at, vector] of vectors.entries()) {
    feeds[at]?.fill(duckdb.data_chunk_get_vector(chunk.chunk, at), vector, 0, rowCount)
  }
  const appender = await connection.createAppender(target.name, target.schema, target.catalog)
  try {
    appender.appendDataChunk(chunk)
    appender.flushSync()
  } catch (error) {
    // What it holds would fail once more when it is closed.
    appender.clear()
    throw error
  } finally {
    appender.closeSync()
  }
}
