import type { OptimizeOptions, OptimizeResult } from '@forge/writer-core'
import { assertMethodOptions } from '@forge/writer-core/storage'
import { quoteName } from '../plan/expressions.ts'
import { sql } from '../plan/relations.ts'
import { queryRows, type ReadWays } from '../query/run-query.ts'
import { namedColumns } from '../read/selected-columns.ts'
import { readDetail } from '../table/table-detail.ts'
import type { TableState } from '../table/table-state.ts'

const NOT_THERE = { files: 0, bytes: 0 }

/** Compacts small files; with columns to cluster by, orders the rows by Z-order as well. */
export async function optimizeTable(
  ways: ReadWays,
  state: TableState,
  asked: OptimizeOptions,
): Promise<OptimizeResult> {
  assertMethodOptions('optimize', asked)
  if (!state.exists) return { applied: [], skipped: [], before: NOT_THERE, after: NOT_THERE }
  const { clusterColumns = [], partitionColumns, compression, targetFileSizeMb } = asked
  const detail = await readDetail(ways, state.place)
  const partitions = new Set(detail.partitionColumns)
  const clustered = namedColumns(clusterColumns, state.columns).filter(({ name }) => !partitions.has(name))
  const order = clustered.length > 0 ? ` zorder by (${clustered.map(({ name }) => quoteName(name)).join(', ')})` : ''
  // The result of the statement is of no use: it has no columns that every version of Delta knows.
  await queryRows(ways.session, sql(`optimize ${state.place.name}${order}`), [], { reconnectMs: ways.reconnectMs })
  const after = await readDetail(ways, state.place)
  const skipped = [
    ...((partitionColumns && [
      { name: 'partitioning', reason: 'the partitions of a table are fixed when it is created' },
    ]) ||
      []),
    ...((compression && [
      { name: 'compression', reason: 'Spark compresses files as spark.sql.parquet.compression.codec says' },
    ]) ||
      []),
    ...((targetFileSizeMb && [{ name: 'file size', reason: 'it is the property delta.targetFileSize of the table' }]) ||
      []),
  ]
  return {
    applied: [clustered.length > 0 ? 'zorder' : 'compaction'],
    skipped,
    before: { files: detail.files, bytes: detail.sizeBytes },
    after: { files: after.files, bytes: after.sizeBytes },
  }
}
