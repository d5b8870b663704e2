import { randomUUID } from 'node:crypto'
import { linkSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Session } from '../engine/session.ts'
import { CREATE_JOURNAL } from '../journal/journal-sql.ts'
import { attachNewSql } from './attach-sql.ts'
import { makeFolder } from './database-path.ts'
import { syncDirectory, syncFile } from './file-sync.ts'
import { markPath } from './high-water-mark.ts'

/** Name of files that are being made beside a database. */
export function temporaryPath(databasePath: string): string {
  return join(dirname(databasePath), `.${basename(databasePath)}.${randomUUID()}.tmp`)
}

/** A new database with an empty journal: made under another name, whole and durable before it gets its own. */
export async function createDatabaseFile(session: Session, path: string, storageVersion?: string): Promise<void> {
  makeFolder(path)
  const temporary = temporaryPath(path)
  try {
    await session.run(attachNewSql(temporary, 'fresh', storageVersion))
    for (const sql of CREATE_JOURNAL('fresh')) await session.run(sql)
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

function linkIfNew(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
