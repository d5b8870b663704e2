import { BIGINT, type DuckDBConnection, type DuckDBDataChunk, DuckDBTableFunction } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import type { ColumnVector } from '@forge/writer-core/storage'
import { CHUNK_ROWS } from './chunk-words.ts'
import { type ColumnFeed, columnFeed } from './column-feed.ts'
import type { Relation } from './compile-scan.ts'
import { quoteIdentifier } from './identifiers.ts'

const FUNCTION = 'forge_rows'

/** Makes rows in memory available to SQL while they are registered. */
export interface BatchFeed {
  /**
   * Returns a relation with the rows and columns of the batch. Numbers keep the width that they have in the batch, text is VARCHAR. With `rowNumber`,
   * a BIGINT column of that name comes first and counts the rows from 0.
   */
  register(batch: LogBatch, options?: FeedOptions): FedRelation
  /**
   * Does the same as {@link register} for several batches of the same columns and vector kinds (`text` and `dictionary` count as one kind). The
   * batches are requested while a statement reads them, and can be read once. If the iterable throws, the statement fails.
   */
  registerAll(like: LogBatch, batches: Iterable<LogBatch>, options?: FeedOptions): FedRelation
}

export interface FeedOptions {
  /** The name of a column with the position of each row. */
  readonly rowNumber?: string | undefined
  /** The number of rows passed to the engine at once, 1-2048, rounded up to a multiple of 64. Default 2048. */
  readonly chunkRows?: number | undefined
}

export interface FedRelation extends Relation {
  /** Forgets the rows. */
  release(): void
}

interface Source {
  readonly feeds: readonly ColumnFeed[]
  readonly rowNumber: boolean
  readonly chunkRows: number
  /** Returns the number of rows, if it is known. */
  readonly rowCount: () => number | undefined
  /** Begins to read. */
  readonly batches: () => Iterable<LogBatch>
}

/** Registers the table function through which rows enter the engine. It is valid for all connections of the engine. */
export function batchFeed(connection: DuckDBConnection): BatchFeed {
  const sources = new Map<bigint, Source>()
  let lastId = 0n
  connection.registerTableFunction(tableFunction(sources))
  const relationOf = (
    { columns, vectors }: LogBatch,
    source: Pick<Source, 'batches' | 'rowCount'>,
    { chunkRows = CHUNK_ROWS, rowNumber }: FeedOptions,
  ): FedRelation => {
    const id = ++lastId
    const feeds = vectors.flatMap((vector, at) => (columns[at] ? columnFeed(columns[at], vector, false) : []))
    sources.set(id, { ...source, feeds, rowNumber: rowNumber !== undefined, chunkRows: wholeWords(chunkRows) })
    const selected = columns.map(({ name }, at) => `${feeds[at]?.sql(`c${at}`)} as ${quoteIdentifier(name)}`)
    const numbered: ColumnDefinition[] = []
    if (rowNumber !== undefined) {
      selected.unshift(`n as ${quoteIdentifier(rowNumber)}`)
      numbered.push({ name: rowNumber, type: 'int64', nullable: false })
    }
    return {
      sql: `(select ${selected.join(', ')} from ${FUNCTION}(${id}))`,
      columns: [...numbered, ...columns],
      release: () => sources.delete(id),
    }
  }
  return {
    register: (batch, options = {}) =>
      relationOf(batch, { batches: () => [batch], rowCount: () => batch.rowCount }, options),
    registerAll: (like, batches, options = {}) =>
      relationOf(like, { batches: () => batches, rowCount: () => undefined }, options),
  }
}

// Bitmaps of nulls are copied by words of 64 bits.
function wholeWords(rows: number): number {
  return Math.min(CHUNK_ROWS, Math.max(1, Math.ceil(rows / 64)) * 64)
}

/** Rows that are passed to the engine at once. */
interface Piece {
  readonly vectors: readonly ColumnVector[]
  readonly start: number
  readonly count: number
  /** The number of rows in all earlier pieces. */
  readonly rowsBefore: number
}

function* pieces({ batches, chunkRows }: Source): Generator<Piece> {
  let rowsBefore = 0
  for (const { vectors, rowCount } of batches()) {
    for (let start = 0; start < rowCount; start += chunkRows) {
      const count = Math.min(chunkRows, rowCount - start)
      yield { vectors, start, count, rowsBefore }
      rowsBefore += count
    }
  }
}

function tableFunction(sources: ReadonlyMap<bigint, Source>): DuckDBTableFunction {
  return DuckDBTableFunction.create({
    name: FUNCTION,
    parameterTypes: [BIGINT],
    bindFunction(info) {
      const source = sources.get(info.getParameter(0) as bigint)
      if (!source) return info.setError('these rows are no longer available')
      info.setBindData(source)
      if (source.rowNumber) info.addResultColumn('n', BIGINT)
      for (const [at, feed] of source.feeds.entries()) info.addResultColumn(`c${at}`, feed.type)
      const rows = source.rowCount()
      if (rows !== undefined) info.setCardinality(rows, true)
    },
    initFunction(info) {
      info.setInitData(pieces(info.getBindData() as Source))
      info.setMaxThreads(2)
    },
    mainFunction(info, output) {
      try {
        const { value: piece } = (info.getInitData() as Generator<Piece, undefined>).next()
        output.rowCount = piece?.count ?? 0
        if (piece) fillChunk(info.getBindData() as Source, piece, output)
      } catch (error) {
        info.setError(error instanceof Error ? error.message : 'rows cannot be read')
      }
    },
  })
}

function fillChunk({ feeds, rowNumber }: Source, piece: Piece, output: DuckDBDataChunk): void {
  const { vectors, start, count, rowsBefore } = piece
  const first = rowNumber ? 1 : 0
  if (rowNumber) {
    const numbers = BigInt64Array.from({ length: count }, (_none, index) => BigInt(rowsBefore + index))
    duckdb.copy_data_to_vector(duckdb.data_chunk_get_vector(output.chunk, 0), 0, numbers.buffer, 0, count * 8)
  }
  for (const [at, feed] of feeds.entries()) {
    const vector = vectors[at]
    if (vector) feed.fill(duckdb.data_chunk_get_vector(output.chunk, first + at), vector, start, count)
  }
}
