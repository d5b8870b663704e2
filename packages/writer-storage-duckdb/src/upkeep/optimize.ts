import { randomUUID } from 'node:crypto'
import type { CommitResult, OptimizeOptions, OptimizeResult, TableOptions } from '@forge/writer-core'
import { assertMethodOptions, findColumn, unknownColumns } from '@forge/writer-core/storage'
import { quoteIdentifier } from '../engine/identifiers.ts'
import { databaseBytes, hasLog } from '../file/database-path.ts'
import type { TableHost } from '../file/table-host.ts'
import type { TableWrite, WriteContext } from '../write/commit-write.ts'
import { rewriteTable } from './rewrite-table.ts'

type Write = (change: Omit<TableWrite, 'ref'>) => Promise<CommitResult>

/** Sorts rows by the requested columns, and runs a checkpoint that moves the log into the file. */
export async function optimizeTable(
  asked: OptimizeOptions,
  options: TableOptions,
  { database }: TableHost,
  write: Write,
): Promise<OptimizeResult> {
  assertMethodOptions('optimize', asked)
  const cluster = asked.clusterColumns ?? options.clusterColumns ?? []
  const totals = () => ({ files: 1, bytes: databaseBytes(database.path) })
  const before = totals()
  const { version } = await write({
    operation: 'optimize',
    needsTable: true,
    commit: { batchId: randomUUID(), ...(cluster.length > 0 && { note: { clusterColumns: cluster.join(',') } }) },
    async change(context) {
      await clusterRows(cluster, context)
      context.schemaChanged()
      return { rowsInserted: 0 }
    },
  })
  if (version < 0)
    return { applied: [], skipped: [{ name: 'checkpoint', reason: 'the table does not exist' }], before, after: before }
  const skipped: { name: string; reason: string }[] = []
  const skip = (name: string, reason: string) => skipped.push({ name, reason })
  if (cluster.length === 0) skip('cluster', 'no columns were requested')
  if (asked.partitionColumns?.length)
    skip('partitioning', 'a database file has no partitions; cluster by these columns')
  if (asked.compression) skip('compression', 'the engine chooses the compression of each column')
  if (asked.targetFileSizeMb !== undefined) skip('compaction', 'a database is one file')
  // The commit is durable in the log, and stays there until there is space.
  const isInLog = hasLog(database.path)
  if (isInLog) skip('checkpoint', 'the write-ahead log could not be moved into the file')
  const applied = [...(cluster.length > 0 ? ['cluster'] : []), ...(isInLog ? [] : ['checkpoint'])]
  return { applied, skipped, before, after: totals() }
}

async function clusterRows(cluster: readonly string[], context: WriteContext): Promise<void> {
  const { table } = context
  if (cluster.length === 0 || !table.exists) return
  const missing = cluster.filter((name) => !findColumn(name, table.columns))
  if (missing.length > 0) throw unknownColumns(missing, table.columns)
  await rewriteTable(
    context,
    table.columns,
    table.columns.map(({ name }) => quoteIdentifier(name)),
    cluster,
  )
}
