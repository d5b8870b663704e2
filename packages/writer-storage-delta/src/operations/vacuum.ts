import { type VacuumOptions, type VacuumResult, WriterConfigurationError } from '@forge/writer-core'
import { deletionVectorPath } from '../deletion-vector/deletion-vector.ts'
import { decodePath } from '../log/file-key.ts'
import { hadoopChecksumPath, LOG_DIRECTORY } from '../log/log-file-name.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import { assertWritable } from '../protocol/writer-gate.ts'
import type { ObjectInfo } from '../store/object-store.ts'
import type { TableCore } from '../table/table-core.ts'
import { NO_ROWS } from '../transaction/proposal.ts'
import { scrubLog } from './scrub-log.ts'
import { write } from './write-request.ts'

const HOUR_MS = 3_600_000

export interface DeltaVacuumOptions extends VacuumOptions {
  /** Allows a retention shorter than the table's own: older versions may lose files, and so may readers and writers at work. Default false. */
  readonly allowShortRetention?: boolean
  /** `lite` looks only at files that the log says were removed; `full` also finds files that no version knows. Default `full`. */
  readonly mode?: 'full' | 'lite'
}

/** Deletes files that no version younger than the retention needs, never one of the newest version. */
export async function vacuum(core: TableCore, options: DeltaVacuumOptions = {}): Promise<VacuumResult> {
  const { dryRun = false, mode = 'full', everything = false } = options
  const snapshot = await core.latest()
  if (snapshot === undefined) return { dryRun, filesRemoved: 0, bytesFreed: 0 }
  assertWritable(snapshot, { changesRows: false, writesData: false })
  // What was removed in this very millisecond goes as well.
  const retentionMs = everything ? -1 : retentionOf(snapshot, options)
  const nowMs = core.settings.now().getTime()
  const unneeded = await findUnneeded(core, snapshot, nowMs - retentionMs, mode)
  const bytesFreed = unneeded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (dryRun || (unneeded.length === 0 && !everything)) return { dryRun, filesRemoved: unneeded.length, bytesFreed }
  await report(core, 'VACUUM START', { numFilesToDelete: unneeded.length, sizeOfDataToDelete: bytesFreed }, retentionMs)
  for (const { path } of unneeded) {
    await core.store.delete(path)
    await core.store.delete(hadoopChecksumPath(path))
  }
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
  if (Number.isNaN(retentionMs) || retentionMs < 0) {
    throw new WriterConfigurationError('retentionHours must be a number of at least 0', { committed: 'no' })
  }
  if (retentionMs >= deletedFileRetentionMs || allowShortRetention) return retentionMs
  throw new WriterConfigurationError(
    `a retention of ${retentionHours} hours is shorter than the table's ${deletedFileRetentionMs / HOUR_MS}`,
    {
      suggestions: ['Set `allowShortRetention` where no other process reads or writes the table.'],
      committed: 'no',
    },
  )
}

async function findUnneeded(core: TableCore, snapshot: Snapshot, cutoffMs: number, mode: 'full' | 'lite') {
  const { store } = core
  const { files, tombstones } = snapshot.state()
  const needed = new Set<string>()
  for (const { path, deletionVector } of files.values()) {
    needed.add(store.addressOf(decodePath(path)))
    addVector(needed, core, deletionVector)
  }
  const expired = new Set<string>()
  for (const { path, deletionTimestamp, deletionVector } of tombstones.values()) {
    const group = (deletionTimestamp ?? 0) >= cutoffMs ? needed : expired
    group.add(store.addressOf(decodePath(path)))
    addVector(group, core, deletionVector)
  }
  const found = await store.list('')
  return found.filter((info) => {
    const address = store.addressOf(info.path)
    if (needed.has(address)) return false
    if (expired.has(address)) return true
    if (info.modifiedMs >= cutoffMs || mode === 'lite') return false
    return isOurs(info, snapshot)
  })
}

function addVector(
  addresses: Set<string>,
  { store }: TableCore,
  vector: Parameters<typeof deletionVectorPath>[0] | null | undefined,
): void {
  const path = vector ? deletionVectorPath(vector) : undefined
  if (path !== undefined) addresses.add(store.addressOf(path))
}

/** Hidden files and folders are others', but for partitions, change data and what killed writers left behind. */
function isOurs({ path }: ObjectInfo, { metadata }: Snapshot): boolean {
  if (path.startsWith(LOG_DIRECTORY)) return /^_delta_log\/\.[0-9a-f-]{36}\.tmp$/.test(path)
  return path.split('/').every((part) => {
    if (!/^[._]/.test(part) || part === '_change_data') return true
    return metadata.partitionColumns.some((name) => part.startsWith(`${name}=`)) || /^\.[0-9a-f-]{36}\.tmp$/.test(part)
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
