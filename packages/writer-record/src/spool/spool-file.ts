import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { SpoolEntry } from './entry.ts'

const RUN = '.run'
/** A run that was declared lost from another host; its end may still arrive. */
const LOST = '.lost'
const DAMAGED = '.damaged'

/** The file of one run in a spool folder. */
export interface SpoolFile {
  readonly path: string
  /** The last sign of life of its owner, in milliseconds since 1970. */
  readonly heartbeatMs: number
  readonly entry: SpoolEntry
}

/** Returns the path of the file of a run. */
export function spoolPath(folder: string, { identity }: Pick<SpoolEntry, 'identity'>): string {
  return join(folder, `${identity.spanId}${RUN}`)
}

/**
 * Writes the file of a run. It is complete and on disk when the function returns, or the earlier one remains. Throws the error of the system. `isFirst`:
 * there is no earlier one, so that others may see the file before the disk has it; a process that is killed in between then leaves its run.
 */
export function writeSpoolFile(path: string, entry: SpoolEntry, { isFirst = false } = {}): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const fd = openSync(temporary, 'w', 0o600)
    try {
      writeFileSync(fd, JSON.stringify(entry))
      if (isFirst) renameSync(temporary, path)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    if (!isFirst) renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    if (isFirst) rmSync(path, { force: true })
    throw error
  }
  syncFolder(folder)
}

/** Returns the runs in a spool folder. A file that cannot be read as a run is put aside under another name. */
export function readSpoolFolder(folder: string): SpoolFile[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name)
    if (!name.endsWith(RUN)) return []
    const file = readSpoolFile(path)
    if (file === 'damaged') renameSync(path, `${path.slice(0, -RUN.length)}${DAMAGED}`)
    return file === 'damaged' || file === undefined ? [] : [file]
  })
}

/** Returns the file of a run, or undefined if it is gone. */
export function readSpoolFile(path: string): SpoolFile | undefined | 'damaged' {
  try {
    const { mtimeMs } = statSync(path)
    const entry: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isEntry(entry) ? { path, heartbeatMs: mtimeMs, entry } : 'damaged'
  } catch (error) {
    if (error instanceof SyntaxError) return 'damaged'
    return undefined
  }
}

/** Removes the file of a run that is stored, and the folder if it was the last one. */
export function removeSpoolFile(path: string): void {
  rmSync(path, { force: true })
  try {
    rmdirSync(dirname(path))
  } catch {
    // Other runs are in the folder.
  }
}

/** Shows that the owner of a run lives. Returns false if the file is gone. */
export function touchSpoolFile(path: string, now: Date): boolean {
  try {
    utimesSync(path, now, now)
    return true
  } catch {
    return false
  }
}

/** Marks a run as lost. Returns false if its owner has ended it in the meantime. */
export function markLost(path: string): boolean {
  try {
    renameSync(path, lostPath(path))
    return true
  } catch {
    return false
  }
}

/** Returns whether a run is marked as lost. */
export function isMarkedLost(path: string): boolean {
  return existsSync(lostPath(path))
}

/** Removes the mark of a run that was not lost after all. */
export function unmarkLost(path: string): void {
  rmSync(lostPath(path), { force: true })
}

/** Removes marks that are older than `beforeMs`: no end has arrived for them. */
export function removeOldMarks(folder: string, beforeMs: number): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    if (name.endsWith(LOST) && (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? beforeMs) < beforeMs)
      removeSpoolFile(path)
  }
}

function lostPath(path: string): string {
  return `${path.slice(0, -RUN.length)}${LOST}`
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isEntry(value: unknown): value is SpoolEntry {
  const entry = value as Partial<SpoolEntry> | null
  return (
    typeof entry === 'object' &&
    entry?.version === 1 &&
    (entry.state === 'running' || entry.state === 'ended') &&
    typeof entry.identity?.runId === 'string' &&
    typeof entry.owner?.host === 'string' &&
    Array.isArray(entry.attempts)
  )
}

/** Makes a rename durable. Not every system can open folders. */
function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch {
    // Nothing else can be done.
  }
}
