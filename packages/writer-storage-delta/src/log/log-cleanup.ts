import { DAY_MS } from '@forge/writer-core/storage'
import type { Session } from '@forge/writer-storage-duckdb/engine'
import { writerFeatures } from '../protocol/table-features.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { isWholeCheckpoint, readSidecarPaths } from './checkpoint-read.ts'
import { type LogFile, SIDECAR_DIRECTORY } from './log-file-name.ts'
import { type CheckpointFiles, listLog } from './log-segment.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Deletes the part of the log that is past its retention and no longer needed: everything before the newest checkpoint that is past the retention
 * itself, and sidecars that no remaining checkpoint uses. That checkpoint and its commit stay. Resolves with the number of files.
 */
export async function cleanUpLog(store: ObjectStore, session: Session, snapshot: Snapshot, now: Date): Promise<number> {
  const { enableExpiredLogCleanup, logRetentionMs } = tableProperties(snapshot.metadata)
  if (!enableExpiredLogCleanup || writerFeatures(snapshot.protocol).includes('checkpointProtection')) return 0
  const cutoffMs = Math.floor((now.getTime() - logRetentionMs) / DAY_MS) * DAY_MS
  const { files, checkpoints } = await listLog(store)
  const kept = await newestExpired(store, session, checkpoints, cutoffMs)
  if (kept === undefined) return 0
  const expired = files.filter((file) => isBefore(file, kept))
  await deleteLogFiles(store, expired)
  const left = checkpoints.filter(({ version }) => version >= kept)
  return expired.length + (await deleteSidecars(store, session, left, now))
}

async function deleteLogFiles(store: ObjectStore, files: readonly { readonly path: string }[]): Promise<void> {
  for (const { path } of files) await store.forgetChecksum?.(path)
  await store.delete(files.map(({ path }) => path))
}

/** The age below which sidecars stay: a checkpoint that is being written has its sidecars before it exists itself. */
async function deleteSidecars(
  store: ObjectStore,
  session: Session,
  checkpoints: readonly CheckpointFiles[],
  now: Date,
): Promise<number> {
  const old = (await store.list(SIDECAR_DIRECTORY)).filter(({ modifiedMs }) => modifiedMs < now.getTime() - DAY_MS)
  if (old.length === 0) return 0
  const needed = new Set<string>()
  for (const files of checkpoints) {
    for (const path of await readSidecarPaths(store, session, files)) needed.add(store.engine.addressOf(path))
  }
  const unneeded = old.filter(({ path }) => !needed.has(store.engine.addressOf(path)))
  await deleteLogFiles(store, unneeded)
  return unneeded.length
}

/** Returns the newest checkpoint that can be read. A damaged one of another writer does not replace commits. */
async function newestExpired(
  store: ObjectStore,
  session: Session,
  checkpoints: readonly CheckpointFiles[],
  cutoffMs: number,
): Promise<number | undefined> {
  for (const checkpoint of checkpoints) {
    const infos = await store.heads(checkpoint.paths)
    const isOld = infos.every((info) => info && info.sizeBytes > 0 && info.modifiedMs < cutoffMs)
    if (isOld && (await isWholeCheckpoint(store, session, checkpoint))) return checkpoint.version
  }
  return undefined
}

function isBefore(file: LogFile, checkpoint: number): boolean {
  return file.kind === 'compaction' ? file.from <= checkpoint : file.version < checkpoint
}
