import type { VacuumOptions, VacuumResult } from '@forge/writer-core'
import { assertOptions, HOUR_MS, option, optionError } from '@forge/writer-core/storage'
import { decodePath } from '../actions/file-key.ts'
import { deletionVectorPath } from '../deletion-vector/deletion-vector.ts'
import { LOG_DIRECTORY } from '../log/log-file-name.ts'
import { storeTime } from '../log/log-time.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import { assertWritable } from '../protocol/writer-gate.ts'
import type { ObjectInfo } from '../store/object-info.ts'
import { isLeftBehind, isOfLivingWriter, isTemporary } from '../store/unfinished-file.ts'
import type { TableCore } from '../table/table-core.ts'
import { NO_ROWS } from '../transaction/proposal.ts'
import { scrubLog } from './scrub-log.ts'
import { write } from './write-request.ts'

/** The time for which a file of a running process is kept although no version names it yet. */
const MIN_PROTECTED_MS = 24 * HOUR_MS

export interface DeltaVacuumOptions extends VacuumOptions {
  /** Allows a retention shorter than the table's own. Older versions, readers and writers may then lose files. Default false. */
  readonly allowShortRetention?: boolean | undefined
  /** The files to check: `lite` only those that the log says were removed, `full` also those that no version knows. Default `full`. */
  readonly mode?: 'full' | 'lite' | undefined
}

/**
 * Deletes files that no version within the retention needs, and leftovers of killed writers. Never deletes a file of the newest version or of a
 * running writer.
 */
export async function vacuum(core: TableCore, options: DeltaVacuumOptions = {}): Promise<VacuumResult> {
  assertOptions('vacuum', options, {
    retentionHours: option.number({ min: 0 }),
    dryRun: option.flag,
    everything: option.flag,
    allowShortRetention: option.flag,
    mode: option.oneOf(['full', 'lite']),
  })
  const { dryRun = false, mode = 'full', everything = false } = options
  const snapshot = await core.latest()
  if (snapshot === undefined) return { dryRun, filesRemoved: 0, bytesFreed: 0 }
  assertWritable(snapshot, { changesRows: false, writesData: false })
  const retentionMs = everything ? 0 : retentionOf(snapshot, options)
  const clockMs = core.settings.now().getTime()
  // A full disk may have no room even for the file that shows the store's time.
  const nowMs = Math.min(clockMs, await storeTime(core.store).catch(() => clockMs))
  // Includes files that were removed in this very millisecond, or by a clock that is ahead.
  const cutoffMs = everything ? Number.POSITIVE_INFINITY : nowMs - retentionMs
  const unneeded = await findUnneeded(core, snapshot, { cutoffMs, nowMs, mode })
  const bytesFreed = unneeded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (dryRun || (unneeded.length === 0 && !everything)) return { dryRun, filesRemoved: unneeded.length, bytesFreed }
  await report(core, 'VACUUM START', { numFilesToDelete: unneeded.length, sizeOfDataToDelete: bytesFreed }, retentionMs)
  for (const { path } of unneeded) await core.store.forgetChecksum?.(path)
  await core.store.delete(unneeded.map(({ path }) => path))
  await report(core, 'VACUUM END', { numDeletedFiles: unneeded.length, numVacuumedDirectories: 1 }, retentionMs)
  if (everything) await scrubLog(core)
  return { dryRun, filesRemoved: unneeded.length, bytesFreed }
}

function retentionOf(
  { metadata }: Snapshot,
  { retentionHours, allowShortRetention = false }: DeltaVacuumOptions,
): number {
  const { deletedFileRetentionMs } = tableProperties(metadata)
  const retentionMs = retentionHours === undefined ? deletedFileRetentionMs : retentionHours * HOUR_MS
  if (retentionMs >= deletedFileRetentionMs || allowShortRetention) return retentionMs
  const problem = `of ${retentionHours} is shorter than the table's own retention of ${deletedFileRetentionMs / HOUR_MS} hours`
  throw optionError(
    'vacuum',
    [{ setting: 'retentionHours', problem }],
    ['Set `allowShortRetention` if no other process reads or writes the table.'],
  )
}

interface Search {
  /** The time before which a removed or unused file is not needed. */
  readonly cutoffMs: number
  readonly nowMs: number
  readonly mode: 'full' | 'lite'
}

async function findUnneeded(core: TableCore, snapshot: Snapshot, { cutoffMs, nowMs, mode }: Search) {
  const { store } = core
  const { files, tombstones } = snapshot.state()
  const needed = new Set<string>()
  for (const { path, deletionVector } of files.values()) {
    needed.add(store.engine.addressOf(decodePath(path)))
    addVector(needed, core, deletionVector)
  }
  const expired = new Set<string>()
  for (const { path, deletionTimestamp, deletionVector } of tombstones.values()) {
    const group = (deletionTimestamp ?? 0) >= cutoffMs ? needed : expired
    group.add(store.engine.addressOf(decodePath(path)))
    addVector(group, core, deletionVector)
  }
  const { deletedFileRetentionMs } = tableProperties(snapshot.metadata)
  const protectedMs = nowMs - Math.max(deletedFileRetentionMs, MIN_PROTECTED_MS)
  const found = await store.list('')
  return found.filter((info) => {
    const address = store.engine.addressOf(info.path)
    if (needed.has(address)) return false
    if (expired.has(address)) return true
    if (isTemporary(info.path)) return isLeftBehind(info, nowMs)
    if (info.modifiedMs >= cutoffMs || mode === 'lite' || !isOurs(info, snapshot)) return false
    // Its commit may follow soon, so it stays however short the retention is.
    return info.modifiedMs < protectedMs || !isOfLivingWriter(info.path)
  })
}

function addVector(
  addresses: Set<string>,
  { store }: TableCore,
  vector: Parameters<typeof deletionVectorPath>[0] | null | undefined,
): void {
  const path = vector ? deletionVectorPath(vector) : undefined
  if (path !== undefined) addresses.add(store.engine.addressOf(path))
}

/** Returns true for hidden files and folders, which belong to others, except partitions and change data. */
function isOurs({ path }: ObjectInfo, { metadata }: Snapshot): boolean {
  if (path.startsWith(LOG_DIRECTORY)) return false
  return path.split('/').every((part) => {
    if (!/^[._]/.test(part) || part === '_change_data') return true
    return metadata.partitionColumns.some((name) => part.startsWith(`${name}=`))
  })
}

async function report(core: TableCore, operation: string, metrics: Record<string, number>, retentionMs: number) {
  await write(core, {
    name: 'vacuum',
    kind: { changesRows: false, writesData: false },
    prepare: async () => ({
      operation,
      parameters: { retentionCheckEnabled: 'true', specifiedRetentionMillis: String(Math.max(0, retentionMs)) },
      metrics,
      reads: 'removed',
      actions: [],
      rows: NO_ROWS,
    }),
  })
}
