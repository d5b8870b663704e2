import { copyFileSync, existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DoctorCheck, DoctorOptions, DoctorReport, KnownLoss } from '@forge/writer-core'
import { acquireLock } from '@forge/writer-core/lock'
import { assertMethodOptions, doctorReport } from '@forge/writer-core/storage'
import type { Engine } from '../engine/engine.ts'
import { openEngine } from '../engine/engine.ts'
import type { Session } from '../engine/session.ts'
import { attachFile } from '../file/attached-file.ts'
import { logPath } from '../file/database-path.ts'
import { syncDirectory, syncFile } from '../file/file-sync.ts'
import { markPath } from '../file/high-water-mark.ts'
import { missingFileLoss } from '../file/known-loss.ts'
import type { TableHost } from '../file/table-host.ts'
import { acceptLoss } from './accept-loss.ts'
import { contentChecks } from './content-checks.ts'
import { failedOpening, leftovers, openingErrorKind, surroundingChecks } from './file-checks.ts'

/** The file of a repair that holds the lock. */
interface Locked {
  readonly path: string
  readonly engine: Engine
  readonly session: Session
  readonly deep: boolean
  deadline(): number
}

interface Diagnosis {
  readonly checks: readonly DoctorCheck[]
  readonly lost: KnownLoss | undefined
  readonly error: unknown
}

/**
 * Repairs what {@link doctorFile} finds. Holds the lock from the first check to the last change. Removes unfinished files, cuts a damaged log before
 * the damage, sets aside a log that does not belong to the file, and accepts lost commits, which the journal notes. Keeps copies of everything that
 * it changes. Leaves a file as it is if it is in use or cannot be opened for a reason other than damage.
 */
export async function repairFile(host: TableHost, options: DoctorOptions = {}): Promise<DoctorReport> {
  assertMethodOptions('doctor', options)
  const { deep = false } = options
  const { database, deadline } = host
  const { path } = database
  let lock: Awaited<ReturnType<typeof acquireLock>>
  try {
    await database.letGo({ dropEngine: true, deadline: deadline() })
    lock = await acquireLock(`path:${path}`, { deadline: deadline() })
  } catch (error) {
    return doctorReport([failedOpening(path, error)])
  }
  const engine = await openEngine()
  const session = await engine.session()
  try {
    return await repairLocked({ path, engine, session, deep, deadline })
  } finally {
    session.close()
    engine.close()
    await lock.release()
  }
}

async function repairLocked(locked: Locked): Promise<DoctorReport> {
  const { path } = locked
  const first = await diagnose(locked)
  if (first.checks.some(({ status }) => status === 'busy')) return doctorReport(first.checks)
  const repaired: DoctorCheck[] = []
  const copies = copyKeeper(path)
  for (const name of leftovers(path)) rmSync(join(dirname(path), name), { force: true })
  repaired.push(...(await repairLog(locked, first, copies)))
  const { lost } = repaired.length > 0 ? await diagnose(locked) : first
  const gone = existsSync(path) ? lost : missingFileLoss(path)
  if (gone && (existsSync(path) || repaired.length > 0)) {
    await copies.keep()
    if (existsSync(path)) await acceptLoss(path, locked, gone)
    else rmSync(markPath(path), { force: true })
    repaired.push({ name: 'mark', status: 'repaired', detail: `accepted: ${gone.detail}` })
  }
  if (copies.kept.length > 0)
    repaired.unshift({ name: 'copies', status: 'repaired', detail: `kept ${copies.kept.join(', ')}` })
  if (existsSync(dirname(path))) syncDirectory(dirname(path))
  const { checks } = await diagnose(locked)
  return doctorReport([...checks, ...repaired])
}

/** Opens the file for reading, checks it, and closes it. */
async function diagnose({ path, engine, session, deep, deadline }: Locked): Promise<Diagnosis> {
  const around = surroundingChecks(path)
  if (!existsSync(path)) return { checks: around, lost: undefined, error: undefined }
  try {
    const file = await attachFile(path, engine, session, { readOnly: true, deadline: deadline() })
    try {
      return { checks: [...around, ...(await contentChecks(file, { deep }))], lost: file.lost, error: undefined }
    } finally {
      await file.detach()
    }
  } catch (error) {
    return { checks: [...around, failedOpening(path, error)], lost: undefined, error }
  }
}

async function repairLog(locked: Locked, { error }: Diagnosis, copies: CopyKeeper): Promise<DoctorCheck[]> {
  const { path } = locked
  if (!existsSync(logPath(path))) return []
  if (!existsSync(path)) return [setAside(path, 'its database is missing')]
  if (error === undefined) return []
  const kind = openingErrorKind(error)
  if (kind === 'foreignLog') return [setAside(path, 'it does not belong to this file')]
  if (kind !== 'damagedLog') return []
  await copies.keep()
  return [await cutLog(locked, error)]
}

function setAside(path: string, why: string): DoctorCheck {
  const aside = `${logPath(path)}.damaged-${stamp()}`
  renameSync(logPath(path), aside)
  return {
    name: 'log',
    status: 'repaired',
    detail: `the write-ahead log was moved to ${aside}, because ${why}; commits that only the log held are dropped`,
  }
}

/** The length and the checksum that precede each entry of the log. The engine reports the position after them. */
const ENTRY_HEADER_BYTES = 16

/** Cuts the log before the entry that the engine cannot read. The engine replays a shortened log up to its last complete commit. */
async function cutLog(locked: Locked, error: unknown): Promise<DoctorCheck> {
  const log = logPath(locked.path)
  const { size } = statSync(log)
  let reason: unknown = error
  for (let end = size; openingErrorKind(reason) === 'damagedLog'; ) {
    const place = Number(/byte position (\d+)/.exec(textOf(reason))?.[1] ?? Number.NaN)
    const next = place - ENTRY_HEADER_BYTES
    if (!(next > 0 && next < end)) return setAside(locked.path, 'its first entry cannot be read')
    end = next
    truncateSync(log, end)
    reason = (await diagnose(locked)).error
    if (reason === undefined) {
      await syncFile(log)
      return {
        name: 'log',
        status: 'repaired',
        detail: `the write-ahead log was cut before its damage, at byte ${end} of ${size}; all commits before it are kept`,
      }
    }
  }
  return setAside(locked.path, 'it cannot be read')
}

function textOf(error: unknown): string {
  const { cause } = error as { cause?: unknown }
  return `${error} ${cause ?? ''}`
}

function stamp(): string {
  return new Date().toISOString().replaceAll(/[:.]/g, '-')
}

interface CopyKeeper {
  readonly kept: string[]
  /** Copies the file, its log and its mark, once. */
  keep(): Promise<void>
}

function copyKeeper(path: string): CopyKeeper {
  const kept: string[] = []
  return {
    kept,
    async keep() {
      if (kept.length > 0) return
      // Closing a copy source drops the engine's lock on it. The lock of this repair ensures that this process has the file closed.
      for (const file of [path, logPath(path), markPath(path)]) {
        if (!existsSync(file)) continue
        const copy = `${file}.before-repair-${stamp()}`
        copyFileSync(file, copy)
        await syncFile(copy)
        kept.push(copy)
      }
    },
  }
}
