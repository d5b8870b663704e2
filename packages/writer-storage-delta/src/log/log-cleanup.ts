import { writerFeatures } from '../protocol/table-features.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { LogFile } from './log-file-name.ts'
import { listLog } from './log-segment.ts'
import type { Snapshot } from './snapshot.ts'

const DAY_MS = 86_400_000

/**
 * Deletes the part of the log that is older than its retention and not needed: what lies before the newest checkpoint that is itself that old.
 * That checkpoint and its commit stay. Resolves with the number of files.
 */
export async function cleanUpLog(store: ObjectStore, snapshot: Snapshot, now: Date): Promise<number> {
  const { enableExpiredLogCleanup, logRetentionMs } = tableProperties(snapshot.metadata)
  if (!enableExpiredLogCleanup || writerFeatures(snapshot.protocol).includes('checkpointProtection')) return 0
  const cutoffMs = Math.floor((now.getTime() - logRetentionMs) / DAY_MS) * DAY_MS
  const { files, checkpoints } = await listLog(store)
  const kept = await newestExpired(store, checkpoints, cutoffMs)
  if (kept === undefined) return 0
  const expired = files.filter((file) => isBefore(file, kept))
  for (const { path } of expired) await store.delete(path)
  return expired.length
}

async function newestExpired(
  store: ObjectStore,
  checkpoints: readonly { readonly version: number; readonly paths: readonly string[] }[],
  cutoffMs: number,
): Promise<number | undefined> {
  for (const { version, paths } of checkpoints) {
    const infos = await Promise.all(paths.map((path) => store.head(path)))
    if (infos.every((info) => info && info.sizeBytes > 0 && info.modifiedMs < cutoffMs)) return version
  }
  return undefined
}

function isBefore(file: LogFile, checkpoint: number): boolean {
  return file.kind === 'compaction' ? file.from <= checkpoint : file.version < checkpoint
}
