import type { SetTransaction } from '../actions/actions.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { READ_AHEAD } from './load-snapshot.ts'
import { commitPath, LOG_DIRECTORY } from './log-file-name.ts'
import type { Snapshot } from './snapshot.ts'

const APP_PREFIX = 'forge-writer/'

/** Returns the application id under which a batch is remembered. The transaction's version is that of the commit. */
export function batchAppId(batchId: string): string {
  return APP_PREFIX + batchId
}

function isBatchTransaction({ appId }: SetTransaction): boolean {
  return appId.startsWith(APP_PREFIX)
}

/**
 * Returns the transactions that have not expired at that time. A transaction that claims to be older is kept as long as its commit is in the log and
 * younger than that: the clock of its writer was wrong.
 */
export async function liveTransactions(store: ObjectStore, snapshot: Snapshot, now: Date): Promise<SetTransaction[]> {
  const { setTransactionRetentionMs } = tableProperties(snapshot.metadata)
  const all = [...snapshot.state().transactions.values()]
  if (setTransactionRetentionMs === undefined) return all
  const oldestMs = now.getTime() - setTransactionRetentionMs
  const isOld = ({ lastUpdated }: SetTransaction) => (lastUpdated ?? Number.POSITIVE_INFINITY) < oldestMs
  const doubtful = all.filter((txn) => isOld(txn) && isBatchTransaction(txn))
  const young = await commitsSince(store, doubtful, oldestMs)
  return all.filter((txn) => !isOld(txn) || (isBatchTransaction(txn) && young.has(txn.version)))
}

/** Returns the versions whose commit is in the log and whose file is recent enough. */
async function commitsSince(
  store: ObjectStore,
  transactions: readonly SetTransaction[],
  oldestMs: number,
): Promise<ReadonlySet<number>> {
  const young = new Set<number>()
  if (transactions.length === 0) return young
  const present = new Set(await store.listPaths(LOG_DIRECTORY))
  const versions = transactions.map(({ version }) => version).filter((version) => present.has(commitPath(version)))
  for (let from = 0; from < versions.length; from += READ_AHEAD) {
    const some = versions.slice(from, from + READ_AHEAD)
    const infos = await store.heads(some.map(commitPath))
    for (const [at, info] of infos.entries()) if (info && info.modifiedMs >= oldestMs) young.add(some[at] ?? 0)
  }
  return young
}
