import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** The one path of a file, whatever links lead to it; of a file that is still to be made, by the folders that exist. */
export function realDatabasePath(path: string): string {
  const absolute = resolve(path)
  try {
    return realpathSync(absolute)
  } catch {
    const parent = dirname(absolute)
    return parent === absolute ? absolute : join(realDatabasePath(parent), basename(absolute))
  }
}

/** `device:inode`, or undefined where there is no file. */
export function inodeKey(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined || stat.ino === 0n ? undefined : `${stat.dev}:${stat.ino}`
}

/** Makes the folder of a new database, readable by its owner alone. */
export function makeFolder(databasePath: string): void {
  mkdirSync(dirname(databasePath), { recursive: true, mode: 0o700 })
}

/** Bytes of the file and of its write-ahead log. Only asks for sizes: opening the file would drop the engine's lock. */
export function databaseBytes(path: string): number {
  return [path, `${path}.wal`].reduce((sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** The write-ahead log of a database. */
export function logPath(databasePath: string): string {
  return `${databasePath}.wal`
}

/** Whether there is a write-ahead log that holds anything. */
export function hasLog(databasePath: string): boolean {
  return (statSync(logPath(databasePath), { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** The other names (hard links) that the file has in its folder. */
export function otherNames(databasePath: string): string[] {
  const links = statSync(databasePath, { throwIfNoEntry: false })?.nlink ?? 0
  if (links < 2) return []
  const inode = inodeKey(databasePath)
  const folder = dirname(databasePath)
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((name) => name !== databasePath && inodeKey(name) === inode)
}

/** Name of files that are being made next to a database. */
export function temporaryPath(databasePath: string): string {
  return join(dirname(databasePath), `.${basename(databasePath)}.${randomUUID()}.tmp`)
}
