import { DuckDBDataChunk, type DuckDBType } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { LogBatch } from '@forge/writer-core'
import { CHUNK_ROWS } from './chunk-words.ts'
import { type ColumnFeed, columnFeed } from './column-feed.ts'
import type { Session } from './session.ts'

/**
 * The maximum rows of a batch that goes through an appender. Planning a statement for each of these small batches would take longer than storing it.
 */
export const SMALL_ROWS = 500

export interface AppendTarget {
  readonly catalog: string
  readonly schema: string
  readonly name: string
}

/** Returns the rows of a batch in the engine's layout. Throws RangeError if there are more than 2048. */
export function chunkOf(batch: LogBatch): DuckDBDataChunk {
  const { vectors, rowCount } = batch
  if (rowCount > CHUNK_ROWS) throw new RangeError(`at most ${CHUNK_ROWS} rows can be appended at once`)
  const feeds = feedsOf(batch)
  const chunk = new DuckDBDataChunk(duckdb.create_data_chunk(feeds.map(({ type }) => logicalTypeOf(type))))
  chunk.rowCount = rowCount
  for (const [at, vector] of vectors.entries()) {
    feeds[at]?.fill(duckdb.data_chunk_get_vector(chunk.chunk, at), vector, 0, rowCount)
  }
  return chunk
}

/** Appends rows to a table within the session's transaction. The rows must have the table's columns, in their order and types. */
export async function appendChunk(
  { connection }: Session,
  target: AppendTarget,
  chunk: DuckDBDataChunk,
): Promise<void> {
  const appender = await connection.createAppender(target.name, target.schema, target.catalog)
  try {
    appender.appendDataChunk(chunk)
    appender.flushSync()
  } catch (error) {
    // Closing the appender would store its rows and fail again.
    appender.clear()
    throw error
  } finally {
    appender.closeSync()
  }
}

function feedsOf({ columns, vectors }: LogBatch): ColumnFeed[] {
  return vectors.flatMap((vector, at) => (columns[at] ? columnFeed(columns[at], vector, true) : []))
}

const logicalTypes = new Map<DuckDBType, duckdb.LogicalType>()

// Cached: creating a type for each column of each batch would cost more than its values.
function logicalTypeOf(type: DuckDBType): duckdb.LogicalType {
  const known = logicalTypes.get(type) ?? type.toLogicalType().logical_type
  logicalTypes.set(type, known)
  return known
}
