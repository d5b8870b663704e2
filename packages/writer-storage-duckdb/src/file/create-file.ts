import { randomUUID } from 'node:crypto'
import { linkSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Session } from '../engine/session.ts'
import { CREATE_JOURNAL } from '../journal/journal-sql.ts'
import { attachNewSql } from './attach-sql.ts'
import { logPath, makeFolder, temporaryPath } from './database-path.ts'
import { syncDirectory, syncFile } from './file-sync.ts'
import { markPath } from './high-water-mark.ts'

/** A new database with an empty journal: made under another name, whole and durable before it gets its own. */
export async function createDatabaseFile(session: Session, path: string, storageVersion?: string): Promise<void> {
  makeFolder(path)
  const temporary = temporaryPath(path)
  try {
    await session.run(attachNewSql(temporary, 'fresh', storageVersion))
    for (const sql of CREATE_JOURNAL('fresh', randomUUID())) await session.run(sql)
    await session.run('checkpoint fresh')
    await session.run('detach fresh')
    await syncFile(temporary)
    linkIfNew(temporary, path)
    rmSync(temporary)
    // Of a database that somebody took away.
    rmSync(markPath(path), { force: true })
    syncDirectory(dirname(path))
  } catch (error) {
    await session.run('detach database if exists fresh').catch(() => undefined)
    rmSync(temporary, { force: true })
    rmSync(`${temporary}.wal`, { force: true })
    throw error
  }
}

/** Takes a database away again that was made just now and could not be opened; nothing is in it. */
export function removeNewDatabase(path: string): void {
  for (const file of [path, logPath(path), markPath(path)]) rmSync(file, { force: true })
}

function linkIfNew(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
