import { mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** Returns the real path of a file, without symbolic links. For a file that does not exist yet, resolves the folders that exist. */
export function realDatabasePath(path: string): string {
  const absolute = resolve(path)
  try {
    return realpathSync(absolute)
  } catch {
    const parent = dirname(absolute)
    return parent === absolute ? absolute : join(realDatabasePath(parent), basename(absolute))
  }
}

/** Returns `device:inode`, or undefined if the file does not exist. */
export function inodeKey(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined || stat.ino === 0n ? undefined : `${stat.dev}:${stat.ino}`
}

/** Returns a key that also differs for a new file with the inode of a deleted one; undefined if the file does not exist. */
export function creationKey(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`
}

/** Creates the folder of a new database with mode 0700. */
export function makeFolder(databasePath: string): void {
  mkdirSync(dirname(databasePath), { recursive: true, mode: 0o700 })
}

/** Returns the size of the file and its write-ahead log in bytes. Does not open the file, as closing it would drop the engine's lock. */
export function databaseBytes(path: string): number {
  return [path, `${path}.wal`].reduce((sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** Returns the path of the write-ahead log of a database. */
export function logPath(databasePath: string): string {
  return `${databasePath}.wal`
}

/** Returns true if there is a write-ahead log that is not empty. */
export function hasLog(databasePath: string): boolean {
  return (statSync(logPath(databasePath), { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** Returns the other names (hard links) of the file in its folder. */
export function otherNames(databasePath: string): string[] {
  const links = statSync(databasePath, { throwIfNoEntry: false })?.nlink ?? 0
  if (links < 2) return []
  const inode = inodeKey(databasePath)
  const folder = dirname(databasePath)
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((name) => name !== databasePath && inodeKey(name) === inode)
}
