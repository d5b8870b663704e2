import { BIGINT, type DuckDBConnection, type DuckDBDataChunk, DuckDBTableFunction } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { type ColumnFeed, columnFeed } from './column-feed.ts'
import type { Relation } from './compile-scan.ts'
import { quoteIdentifier } from './identifiers.ts'

const FUNCTION = 'forge_rows'
const CHUNK_ROWS = 2048

/** Rows in memory that SQL can select from while they are registered. */
export interface BatchFeed {
  /**
   * Makes rows `start` to `end` of the batch (default all) a relation with the batch's columns. Numbers have the batch's own width, text is
   * VARCHAR. `start` must be a multiple of 2048. With `rowNumber`, that BIGINT column, counted from `start`, comes first.
   */
  register(batch: LogBatch, options?: FeedOptions): FedRelation
  /** A relation whose rows change while its columns stay, so that statements over it are prepared once. */
  slot(like: LogBatch): FeedSlot
}

export interface FeedSlot extends FedRelation {
  /** Takes the place of the rows before; of the same columns, kind by kind. */
  fill(batch: LogBatch): void
}

export interface FeedOptions {
  readonly start?: number
  readonly end?: number
  readonly rowNumber?: string
  /** Rows given to the engine at once, 1-2048, rounded up to a multiple of 64. Default 2048. */
  readonly chunkRows?: number
}

export interface FedRelation extends Relation {
  /** Forgets the rows. */
  release(): void
}

interface Source {
  feeds: readonly ColumnFeed[]
  readonly start: number
  end: number
  readonly rowNumber: boolean
  readonly chunkRows: number
}

/** Registers the one table function through which rows enter an engine; valid for all its connections. */
export function batchFeed(connection: DuckDBConnection): BatchFeed {
  const sources = new Map<bigint, Source>()
  let lastId = 0n
  connection.registerTableFunction(tableFunction(sources))
  return {
    register(batch, { start = 0, end = batch.rowCount, rowNumber, chunkRows = CHUNK_ROWS } = {}) {
      const id = ++lastId
      const feeds = batch.vectors.map((vector, at) =>
        columnFeed(vector, batch.columns[at]?.type ?? 'string', end - start),
      )
      sources.set(id, { feeds, start, end, rowNumber: rowNumber !== undefined, chunkRows: wholeWords(chunkRows) })
      const selected = batch.columns.map((column, at) => selectSql(column, at, feeds[at]))
      const numbered: ColumnDefinition[] = []
      if (rowNumber !== undefined) {
        selected.unshift(`n as ${quoteIdentifier(rowNumber)}`)
        numbered.push({ name: rowNumber, type: 'int64', nullable: false })
      }
      return {
        sql: `(select ${selected.join(', ')} from ${FUNCTION}(${id}))`,
        columns: [...numbered, ...batch.columns],
        release: () => sources.delete(id),
      }
    },
    slot(like) {
      const id = ++lastId
      const source: Source = { feeds: plainFeeds(like), start: 0, end: 0, rowNumber: false, chunkRows: CHUNK_ROWS }
      sources.set(id, source)
      const selected = like.columns.map((column, at) => selectSql(column, at, undefined))
      return {
        sql: `(select ${selected.join(', ')} from ${FUNCTION}(${id}))`,
        columns: like.columns,
        release: () => sources.delete(id),
        fill(batch) {
          source.feeds = plainFeeds(batch)
          source.end = batch.rowCount
        },
      }
    },
  }
}

// Without codes, whose type is another for each batch.
function plainFeeds({ vectors, columns }: LogBatch): ColumnFeed[] {
  return vectors.map((vector, at) => columnFeed(vector, columns[at]?.type ?? 'string', 0))
}

// Bitmaps of nulls are copied by words of 64 bits.
function wholeWords(rows: number): number {
  return Math.min(CHUNK_ROWS, Math.max(1, Math.ceil(rows / 64)) * 64)
}

function selectSql(column: ColumnDefinition, at: number, feed: ColumnFeed | undefined): string {
  const name = quoteIdentifier(column.name)
  return feed?.isCoded ? `cast(c${at} as varchar) as ${name}` : `c${at} as ${name}`
}

function tableFunction(sources: ReadonlyMap<bigint, Source>): DuckDBTableFunction {
  return DuckDBTableFunction.create({
    name: FUNCTION,
    parameterTypes: [BIGINT],
    bindFunction(info) {
      const source = sources.get(info.getParameter(0) as bigint)
      if (!source) return info.setError('these rows are gone')
      info.setBindData(source)
      if (source.rowNumber) info.addResultColumn('n', BIGINT)
      for (const [at, feed] of source.feeds.entries()) info.addResultColumn(`c${at}`, feed.type)
      info.setCardinality(source.end - source.start, true)
    },
    initFunction(info) {
      const { start } = info.getBindData() as Source
      info.setInitData({ next: start })
      info.setMaxThreads(2)
    },
    mainFunction(info, output) {
      try {
        fillChunk(info.getBindData() as Source, info.getInitData() as { next: number }, output)
      } catch (error) {
        info.setError(error instanceof Error ? error.message : 'rows cannot be read')
      }
    },
  })
}

function fillChunk(source: Source, position: { next: number }, output: DuckDBDataChunk): void {
  const start = position.next
  const count = Math.min(source.chunkRows, source.end - start)
  if (count <= 0) {
    output.rowCount = 0
    return
  }
  position.next += count
  output.rowCount = count
  let at = 0
  if (source.rowNumber) {
    const numbers = BigInt64Array.from({ length: count }, (_none, index) => BigInt(start - source.start + index))
    duckdb.copy_data_to_vector(duckdb.data_chunk_get_vector(output.chunk, at++), 0, numbers.buffer, 0, count * 8)
  }
  for (const feed of source.feeds) feed.fill(duckdb.data_chunk_get_vector(output.chunk, at++), start, count)
}
