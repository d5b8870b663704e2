import { type DoctorCheck, isWriterError } from '@forge/writer-core'
import { fromEngineError, type Session } from '@forge/writer-storage-duckdb/engine'
import { isWholeCheckpoint, readCheckpoint } from '../log/checkpoint-read.ts'
import { loadSnapshot } from '../log/load-snapshot.ts'
import { LAST_CHECKPOINT_PATH } from '../log/log-file-name.ts'
import { type CheckpointFiles, type LogListing, listLog } from '../log/log-segment.ts'
import type { Snapshot } from '../log/snapshot.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { damageAs, isStoreFailure } from '../store/store-failure.ts'
import { checkOf, type Examination, formatCount } from './examination.ts'

export type LogExamination = Pick<Examination, 'checks' | 'snapshot' | 'damagedCheckpoints' | 'hasWrongHint'>

/** Reads the newest version, every checkpoint, and the hint that names the newest checkpoint. */
export async function examineLog(store: ObjectStore, session: Session): Promise<LogExamination> {
  // The hint is read before the names are listed: a writer creates the checkpoint before the hint that names it.
  const hint = await store.get(LAST_CHECKPOINT_PATH)
  const listing = await listLog(store)
  const { snapshot, check } = await readLog(store, session, listing)
  const damagedCheckpoints = await damagedOf(store, session, listing.checkpoints)
  const hasWrongHint = hint !== undefined && isHintWrong(hint, listing)
  const versions = damagedCheckpoints.map(({ version }) => version)
  const checkpoints = checkOf(
    'checkpoints',
    listing.checkpoints.length === 0 ? 'none yet' : `${listing.checkpoints.length}, all whole`,
    versions.length > 0
      ? {
          status: 'warning',
          detail: `the checkpoint of version ${versions.join(', ')} cannot be read; an earlier part of the log is used instead`,
          suggestion: 'repair() writes a new checkpoint and keeps a copy of the damaged one.',
        }
      : hasWrongHint
        ? {
            status: 'warning',
            detail: '_last_checkpoint names a checkpoint that does not exist',
            suggestion: 'repair() writes a checkpoint of the newest version.',
          }
        : undefined,
  )
  return { snapshot, checks: [check, checkpoints], damagedCheckpoints, hasWrongHint }
}

async function readLog(
  store: ObjectStore,
  session: Session,
  listing: LogListing,
): Promise<{ readonly snapshot: Snapshot | undefined; readonly check: DoctorCheck }> {
  try {
    const snapshot = await loadSnapshot(store, session)
    // Replays the whole state: errors may be in any action, also in deletions.
    snapshot?.state()
    const missing = gapsOf(listing)
    const fine = `version ${snapshot?.version}, ${formatCount(listing.commits.length, 'commit')}`
    const gap =
      missing.length > 0
        ? ({
            status: 'warning',
            detail: `${fine}; ${missing.join(', ')} missing, so some older versions cannot be read`,
            suggestion: 'Restore them from a backup.',
          } as const)
        : undefined
    return { snapshot, check: checkOf('log', fine, gap) }
  } catch (error) {
    if (isStoreFailure(error)) throw error
    const known = fromEngineError(error, 'reading the log')
    const found = { status: 'problem', detail: known.message } as const
    // A log with unsupported features may be whole.
    const byDefault = isWriterError(known, 'UNSUPPORTED')
      ? 'The log may be whole: read the table with the engine that wrote it.'
      : 'Restore the files of _delta_log from a backup: their content exists nowhere else.'
    const [suggestion = byDefault] = known.suggestions
    return { snapshot: undefined, check: checkOf('log', '', { ...found, suggestion }) }
  }
}

/** Returns the versions between the first and the last commit that have neither a commit file nor a compaction that covers them. */
function gapsOf({ commits, files }: LogListing): string[] {
  const compactions = files.filter((file) => file.kind === 'compaction')
  const gaps: string[] = []
  for (const [at, version] of commits.entries()) {
    const from = (commits[at - 1] ?? version - 1) + 1
    const isCompacted = compactions.some((file) => file.from <= from && version - 1 <= file.version)
    if (from === version || isCompacted) continue
    gaps.push(from === version - 1 ? `commit ${from} is` : `commits ${from} to ${version - 1} are`)
  }
  return gaps
}

/** Checks the checkpoints. Reads the newest completely, as a reader would, and of the others only enough to know that they are complete. */
async function damagedOf(
  store: ObjectStore,
  session: Session,
  checkpoints: readonly CheckpointFiles[],
): Promise<CheckpointFiles[]> {
  const damaged: CheckpointFiles[] = []
  for (const [at, checkpoint] of checkpoints.entries()) {
    const isWhole = await isWholeCheckpoint(store, session, checkpoint)
    const isReadable =
      isWhole &&
      (at > 0 ||
        (await readCheckpoint(store, session, checkpoint)
          .then(() => true)
          .catch(damageAs(false))))
    if (!isReadable) damaged.push(checkpoint)
  }
  return damaged
}

function isHintWrong(bytes: Uint8Array, { checkpoints }: LogListing): boolean {
  try {
    const hint: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const version = typeof hint === 'object' && hint !== null && 'version' in hint ? hint.version : undefined
    return !checkpoints.some((checkpoint) => checkpoint.version === version)
  } catch {
    return true
  }
}
