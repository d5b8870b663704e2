import { mkdirSync, realpathSync, statSync } from 'node:fs'
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
function logPath(databasePath: string): string {
  return `${databasePath}.wal`
}

/** Whether there is a write-ahead log that holds anything. */
export function hasLog(databasePath: string): boolean {
  return (statSync(logPath(databasePath), { throwIfNoEntry: false })?.size ?? 0) > 0
}
