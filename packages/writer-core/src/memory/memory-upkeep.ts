import { randomUUID } from 'node:crypto'
import { assertColumns, emptyBatch } from '../batch/select.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { WriterTableError } from '../errors/kinds.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import { firstRows } from '../query/scan-batches.ts'
import type { LogTable } from '../storage/log-table.ts'
import { assertMethodOptions } from '../storage/method-options.ts'
import type { FileTotals, OptimizeOptions, OptimizeResult, SchemaReport } from '../storage/upkeep.ts'
import { evolveColumns } from './fit-batch.ts'
import type { Handle } from './handle.ts'
import { liveBatches, type Snapshot, type Versions } from './versions.ts'

type Upkeep = Required<Pick<LogTable, 'evolve' | 'optimize' | 'vacuum' | 'analyze' | 'validateSchema'>>

const DEFAULT_RETENTION_HOURS = 168
const END_OF_TIME = new Date(8.64e15)
export function memoryUpkeep({ versions, options, latest, assertOpen }: Handle): Upkeep {
  return {
    async evolve(change) {
      assertOpen()
      assertMethodOptions('evolve', change)
      const before = latest()
      if (before.version < 0)
        throw new WriterTableError('the table does not exist, so it cannot evolve', { committed: 'no' })
      const columns = evolveColumns(before.columns, change)
      versions.commit({ operation: 'evolve', columns, isRewrite: false, batches: [] }, { batchId: randomUUID() })
    },
    async optimize(asked = {}) {
      assertOpen()
      assertMethodOptions('optimize', asked)
      return optimize(versions, latest(), options.clusterColumns ?? [], asked)
    },
    async vacuum(asked = {}) {
      assertOpen()
      assertMethodOptions('vacuum', asked)
      const { retentionHours = DEFAULT_RETENTION_HOURS, dryRun = false, everything = false } = asked
      const before = everything ? END_OF_TIME : new Date(Date.now() - retentionHours * 3_600_000)
      const { batches, bytes } = versions.forget(before, dryRun)
      return { dryRun, filesRemoved: batches, bytesFreed: bytes }
    },
    async analyze() {
      assertOpen()
      const { rowCount, columns } = latest()
      return { rowCount, columnsAnalyzed: columns.map(({ name }) => name) }
    },
    async validateSchema() {
      assertOpen()
      return report(latest(), options.columns ?? LOG_COLUMNS)
    },
  }
}

/** Merges all batches into one, in the order of the columns. */
function optimize(
  versions: Versions,
  latest: Snapshot,
  clusterColumns: readonly string[],
  asked: OptimizeOptions,
): OptimizeResult {
  const before = filesOf(latest)
  const cluster = asked.clusterColumns ?? clusterColumns
  assertColumns(cluster, latest.columns)
  const skipped = skippedOptions(asked)
  if (before.files <= 1 && (cluster.length === 0 || before.files === 0)) {
    const reason = latest.version < 0 ? 'the table does not exist' : 'all rows are already in one batch'
    return { applied: [], skipped: [{ name: 'compaction', reason }, ...skipped], before, after: before }
  }
  const orderBy = cluster.map((column) => ({ column }))
  const batch = firstRows([emptyBatch(latest.columns), ...liveBatches(latest)], orderBy, latest.rowCount)
  const change = { operation: 'optimize', columns: latest.columns, isRewrite: true, batches: [batch] } as const
  versions.commit(change, { batchId: randomUUID() })
  const applied = cluster.length > 0 ? ['compaction', 'cluster'] : ['compaction']
  return { applied, skipped, before, after: filesOf(versions.latest(latest.columns)) }
}

function skippedOptions({ partitionColumns, compression, targetFileSizeMb }: OptimizeOptions) {
  return [
    ...(partitionColumns?.length ? [{ name: 'partitioning', reason: 'the memory storage has no partitions' }] : []),
    ...(compression === undefined ? [] : [{ name: 'compression', reason: 'the memory storage does not compress' }]),
    ...(targetFileSizeMb === undefined ? [] : [{ name: 'targetFileSize', reason: 'the memory storage has no files' }]),
  ]
}

function filesOf({ length, sizeBytes }: Snapshot): FileTotals {
  return { files: length, bytes: sizeBytes }
}

function report({ version, columns }: Snapshot, expected: readonly ColumnDefinition[]): SchemaReport {
  if (version < 0) return { valid: true, problems: [] }
  const problems = expected.flatMap((column) => {
    const found = columns.find(({ name }) => name === column.name)
    if (!found) return [{ column: column.name, problem: 'is missing', suggestion: 'evolve() adds it.' }]
    if (found.type === column.type) return []
    return [
      { column: column.name, problem: `is ${found.type}, expected ${column.type}`, suggestion: 'evolve() widens it.' },
    ]
  })
  return { valid: problems.length === 0, problems }
}
