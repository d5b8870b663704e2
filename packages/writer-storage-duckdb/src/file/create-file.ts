import { randomUUID } from 'node:crypto'
import { chmodSync, linkSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { temporaryPath } from '@forge/writer-core/storage'
import type { Session } from '../engine/session.ts'
import { CREATE_JOURNAL } from '../journal/journal-sql.ts'
import { attachNewSql } from './attach-sql.ts'
import { logPath, makeFolder } from './database-path.ts'
import { syncDirectory, syncFile } from './file-sync.ts'
import { markPath } from './high-water-mark.ts'

/** Creates a database with an empty journal and mode 0600. It is complete and durable under a temporary name before it gets its own. */
export async function createDatabaseFile(session: Session, path: string, storageVersion?: string): Promise<void> {
  makeFolder(path)
  using files = temporaryPath(path, ['.wal'])
  const temporary = files.path
  try {
    await session.run(attachNewSql(temporary, 'fresh', storageVersion))
    for (const sql of CREATE_JOURNAL('fresh', randomUUID())) await session.run(sql)
    await session.run('checkpoint fresh')
    await session.run('detach fresh')
    chmodSync(temporary, 0o600)
    await syncFile(temporary)
    linkIfNew(temporary, path)
    rmSync(temporary)
    // The mark of an earlier database that was removed.
    rmSync(markPath(path), { force: true })
    syncDirectory(dirname(path))
  } catch (error) {
    await session.run('detach database if exists fresh').catch(() => undefined)
    throw error
  }
}

/** Removes a new, empty database that could not be opened. */
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
