import type { AggregateQuery, AggregateRow, ColumnDefinition, LogBatch, LogTable, ScanQuery } from '@forge/writer-core'
import { aggregateBatches, scanBatches } from '@forge/writer-core/storage'

/** The rows to judge: a batch in memory or a stored table, with the same queries. */
export interface RowsToJudge {
  readonly columns: readonly ColumnDefinition[]
  /** Yields all rows if they are in memory; a part is valid until the next one is taken. */
  parts?(): Iterable<LogBatch>
  aggregate(query: AggregateQuery): Promise<AggregateRow[]>
  scan(query: ScanQuery): AsyncIterable<LogBatch>
}

export function rowsInMemory(batch: LogBatch, signal?: AbortSignal): RowsToJudge {
  const { columns } = batch
  return {
    columns,
    parts: () => [batch],
    aggregate: (query) => aggregateBatches([batch], { ...query, signal }, columns),
    scan: (query) => scanBatches([batch], { ...query, signal }, columns),
  }
}

export async function storedRows(table: LogTable, signal?: AbortSignal): Promise<RowsToJudge> {
  const { columns } = await table.info()
  return {
    columns,
    aggregate: (query) => table.aggregate({ ...query, signal }),
    scan: (query) => table.scan({ ...query, signal }),
  }
}
