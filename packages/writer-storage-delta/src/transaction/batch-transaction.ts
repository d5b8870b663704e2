import type { CommitResult } from '@forge/writer-core'
import type { CommitInfo, SetTransaction } from '../actions/actions.ts'
import { type Commit, readCommit } from '../log/commit-file.ts'
import { batchAppId } from '../log/live-transactions.ts'
import { listLog } from '../log/log-segment.ts'
import { commitInfoOf, type Snapshot } from '../log/snapshot.ts'
import { liveRows } from '../stats/parsed-stats.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { NO_ROWS, type RowCounts } from './proposal.ts'

/** Returns the result of the batch's commit, or undefined if the table does not know the batch. */
export async function findBatch(
  store: ObjectStore,
  snapshot: Snapshot,
  batchId: string,
): Promise<CommitResult | undefined> {
  const appId = batchAppId(batchId)
  const transaction = snapshot.transaction(appId)
  if (transaction === undefined) return undefined
  // Old commits are deleted, but the batch stays known.
  const commit = await commitOf(store, snapshot, transaction)
  const info = commit && commitInfoOf(commit.actions)
  const rows = commit ? rowCounts(commit, info) : NO_ROWS
  return {
    version: commit?.version ?? Math.min(transaction.version, snapshot.version),
    alreadyWritten: true,
    timestamp: new Date(info?.timestamp ?? transaction.lastUpdated ?? 0).toISOString(),
    rowsWritten: rows.inserted + rows.updated,
    rowsInserted: rows.inserted,
    rowsUpdated: rows.updated,
    rowsDeleted: rows.deleted,
    rowsSkipped: rows.skipped,
  }
}

/** Returns the commit of the transaction. Our transactions have the version of their commit as number, those of other engines any number. */
async function commitOf(
  store: ObjectStore,
  snapshot: Snapshot,
  { appId, version }: SetTransaction,
): Promise<Commit | undefined> {
  const isOf = (commit: Commit | undefined) =>
    commit?.actions.some(({ txn }) => txn?.appId === appId && txn.version === version)
  const likely = version <= snapshot.version ? await readCommit(store, version) : undefined
  if (isOf(likely)) return likely
  const { commits } = await listLog(store)
  for (const each of commits.filter((known) => known <= snapshot.version && known !== version).reverse()) {
    const commit = await readCommit(store, each)
    if (isOf(commit)) return commit
  }
  return undefined
}

/** Returns the row counts from our commit information, otherwise from the metrics of a merge or from the files that the commit adds. */
function rowCounts({ actions }: Commit, info: CommitInfo | undefined): RowCounts {
  const facts = info?.forgeWriter
  if (facts === undefined) {
    const merged = mergedRows(info?.operationMetrics)
    if (merged) return merged
    const added = actions.flatMap(({ add }) => (add?.dataChange ? (liveRows(add) ?? 0) : []))
    return { ...NO_ROWS, inserted: added.reduce((sum, rows) => sum + rows, 0) }
  }
  return {
    inserted: facts.rowsInserted ?? 0,
    updated: facts.rowsUpdated ?? 0,
    deleted: facts.rowsDeleted ?? 0,
    skipped: facts.rowsSkipped ?? 0,
  }
}

/** Returns the row counts of a merge of Spark, whose files also hold rows that were only copied; undefined for other commits. */
function mergedRows(metrics: CommitInfo['operationMetrics']): RowCounts | undefined {
  const count = (name: string) => Number(metrics?.[name] ?? 0)
  if (metrics?.numTargetRowsInserted === undefined) return undefined
  return {
    ...NO_ROWS,
    inserted: count('numTargetRowsInserted'),
    updated: count('numTargetRowsUpdated'),
    deleted: count('numTargetRowsDeleted'),
  }
}
