import { type DoctorCheck, type DoctorOptions, type DoctorReport, isWriterError } from '@forge/writer-core'
import { assertMethodOptions, doctorReport } from '@forge/writer-core/storage'
import type { AddFile } from '../actions/actions.ts'
import { fileKey } from '../actions/file-key.ts'
import { writeCheckpoint } from '../log/checkpoint-write.ts'
import { LOG_DIRECTORY } from '../log/log-file-name.ts'
import type { CheckpointFiles } from '../log/log-segment.ts'
import { logTime } from '../log/log-time.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { removeOf, write } from '../operations/write-request.ts'
import { liveRows } from '../stats/parsed-stats.ts'
import type { TableCore } from '../table/table-core.ts'
import { ALL_ROWS, NO_ROWS } from '../transaction/proposal.ts'
import { examineTable, namedChecks } from './doctor.ts'
import { formatCount } from './examination.ts'

/**
 * Repairs what the doctor finds. Removes what killed processes left, replaces checkpoints that cannot be read, and removes missing files from the
 * newest version by a commit; older versions still name them. Missing commits cannot be repaired.
 */
export async function repairTables(tables: readonly TableCore[], options: DoctorOptions = {}): Promise<DoctorReport> {
  assertMethodOptions('doctor', options)
  const checks: DoctorCheck[] = []
  for (const table of tables) {
    const repaired = await repairTable(table)
    checks.push(...namedChecks(table, [...(await examineTable(table, options)).checks, ...repaired]))
  }
  return doctorReport(checks)
}

async function repairTable(core: TableCore): Promise<DoctorCheck[]> {
  const { leftovers, snapshot, lostFiles, damagedCheckpoints, hasWrongHint } = await examineTable(core)
  const checks: DoctorCheck[] = []
  await core.store.delete(leftovers)
  if (leftovers.length > 0)
    checks.push(describeRepair('leftovers', `removed ${formatCount(leftovers.length, 'unfinished file')}`))
  if (snapshot === undefined) return checks
  if (lostFiles.length > 0) checks.push(await dropLost(core, lostFiles))
  if (damagedCheckpoints.length > 0 || hasWrongHint)
    checks.push(await replaceCheckpoints(core, snapshot, damagedCheckpoints))
  return checks
}

async function dropLost(core: TableCore, lost: readonly AddFile[]): Promise<DoctorCheck> {
  const keys = new Set(lost.map(({ path, deletionVector }) => fileKey(path, deletionVector)))
  try {
    const result = await write(core, {
      name: 'repair',
      kind: { changesRows: true, writesData: false },
      async prepare({ snapshot }) {
        const files = [...(snapshot?.state().files ?? [])].flatMap(([key, add]) => (keys.has(key) ? add : []))
        if (files.length === 0) return undefined
        const now = core.settings.now()
        return {
          operation: 'FSCK',
          parameters: { dryRun: 'false' },
          metrics: { numRemovedFiles: files.length },
          reads: ALL_ROWS,
          actions: files.map((add) => ({ remove: removeOf(add, now, true) })),
          rows: { ...NO_ROWS, deleted: files.reduce((sum, add) => sum + (liveRows(add) ?? 0), 0) },
        }
      },
    })
    const rows = result?.rowsDeleted ?? 0
    return describeRepair(
      'lost files',
      `version ${result?.version} drops ${formatCount(lost.length, 'file')} with ${formatCount(rows, 'row')}: ${lost.map(({ path }) => path).join(', ')}`,
    )
  } catch (error) {
    if (!isWriterError(error)) throw error
    return { name: 'lost files', status: 'problem', detail: `they cannot be removed from the table: ${error.message}` }
  }
}

async function replaceCheckpoints(
  core: TableCore,
  readable: Snapshot,
  damaged: readonly CheckpointFiles[],
): Promise<DoctorCheck> {
  const { store, settings } = core
  // Nothing is moved until everything that the new checkpoint holds is in memory.
  const snapshot = (await core.latest()) ?? readable
  snapshot.state()
  const kept: string[] = []
  for (const path of damaged.flatMap(({ paths }) => paths)) {
    const bytes = await store.get(path)
    const copy = copyPath(path, settings.now())
    if (bytes) await store.put(copy, bytes)
    await store.delete([path])
    kept.push(copy)
  }
  await core.withSession('checkpoint', async (session) =>
    writeCheckpoint(store, session, snapshot, await logTime(core)),
  )
  const copies = kept.length > 0 ? `; kept ${kept.join(', ')}` : ''
  return describeRepair('checkpoint', `written for version ${snapshot.version}${copies}`)
}

/** Returns the name of the copy of a checkpoint, which no reader uses. */
function copyPath(path: string, now: Date): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return `${LOG_DIRECTORY}.${name}.before-repair-${now.toISOString().replaceAll(/[:.]/g, '-')}`
}

function describeRepair(name: string, detail: string): DoctorCheck {
  return { name, status: 'repaired', detail }
}
