import { randomUUID } from 'node:crypto'
import type { LogBatch, LogRowInput, WriterConfig } from '@forge/writer-core'
import { aggregateBatches, emptyBatch, encodeLogRows, inferColumns, scanBatches } from '@forge/writer-core/storage'
import type { RowsToJudge } from './rows-to-judge.ts'

export interface LogRowsOptions {
  readonly config: WriterConfig
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

const ROWS_PER_PART = 16_384

/**
 * Returns rows as `encodeLogRows` encodes them. They are counted in parts, and encoded as a whole only if a rule needs more than counts. Reading them
 * throws WriterValidationError for rows that are not objects, and for values that the type of their column cannot hold.
 */
export function logRows(rows: Iterable<LogRowInput>, { config, now, signal }: LogRowsOptions): RowsToJudge {
  const given: readonly LogRowInput[] = Array.isArray(rows) ? rows : [...rows]
  const columns = inferColumns(given)
  const mode = config.schemaValidationMode
  const options = { runId: randomUUID(), schema: config.tableSchema, now, mode, columns }
  let encoded: LogBatch | undefined
  const whole = () => {
    const [batch = emptyBatch(columns)] = encoded ? [encoded] : encodeLogRows(given, options)
    encoded = batch
    return batch
  }
  const signalled = signal && { signal }
  return {
    columns,
    parts: () => encodeLogRows(given, { ...options, batchRows: ROWS_PER_PART }),
    aggregate: (query) => aggregateBatches([whole()], { ...query, ...signalled }, columns),
    scan: (query) => scanBatches([whole()], { ...query, ...signalled }, columns),
  }
}
