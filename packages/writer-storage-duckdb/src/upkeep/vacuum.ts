import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type TableRef, type VacuumOptions, type VacuumResult, WriterTableError } from '@forge/writer-core'
import { assertMethodOptions, temporaryPath } from '@forge/writer-core/storage'
import { fromEngineError } from '../engine/engine-errors.ts'
import type { Session } from '../engine/session.ts'
import { attachNewSql } from '../file/attach-sql.ts'
import { databaseBytes } from '../file/database-path.ts'
import { syncDirectory, syncFile } from '../file/file-sync.ts'
import type { TableHost } from '../file/table-host.ts'
import { JOURNAL } from '../journal/journal-sql.ts'
import { commitWrites } from '../write/commit-write.ts'

/**
 * Copies the database to a new file that replaces the old one, which frees the space of deleted rows. The file has no older versions, so
 * `retentionHours` has no effect. `everything` removes run ids and notes from the journal.
 */
export async function vacuumFile(
  { database, deadline, storageVersion }: TableHost,
  ref: TableRef,
  options: VacuumOptions = {},
): Promise<VacuumResult> {
  assertMethodOptions('vacuum', options)
  const { dryRun = false, everything = false } = options
  if (!existsSync(database.path)) return { dryRun, filesRemoved: 0, bytesFreed: 0 }
  if (dryRun) {
    const bytesFreed = await database.use(async (file) => (file ? freeBytes(file.writer) : 0), {
      deadline: deadline(),
      create: false,
    })
    return { dryRun, filesRemoved: 0, bytesFreed }
  }
  const before = databaseBytes(database.path)
  await commitWrites(
    database,
    [
      {
        ref,
        operation: 'vacuum',
        needsTable: true,
        commit: { batchId: randomUUID() },
        change: async ({ file: { writer } }) => {
          if (everything) await writer.run(SCRUB_JOURNAL, [ref.schema, ref.name])
          return { rowsInserted: 0 }
        },
      },
    ],
    deadline,
  )
  await database.writes.run(() =>
    database.exclusive((file) => rewriteFile(file.writer, database.path, storageVersion), deadline()),
  )
  return { dryRun, filesRemoved: 1, bytesFreed: Math.max(0, before - databaseBytes(database.path)) }
}

const SCRUB_JOURNAL = `update ${JOURNAL} set run_id = null, note = null where table_schema = $1 and table_name = $2`

async function freeBytes(session: Session): Promise<number> {
  const [size] = await session.rows(
    `select cast(free_blocks * block_size as bigint) as free from pragma_database_size() where database_name = 'db'`,
  )
  return Number(size?.free ?? 0)
}

/** Copies and checks the database. Returns the function that swaps the files, to be run when the old file is closed and the lock is still held. */
async function rewriteFile(
  session: Session,
  path: string,
  storageVersion: string | undefined,
): Promise<() => Promise<void>> {
  const files = temporaryPath(path, ['.wal'])
  const temporary = files.path
  try {
    const version = storageVersion ?? (await storageVersionOf(session))
    await session.run(attachNewSql(temporary, 'fresh', version))
    await session.run('copy from database db to fresh')
    await session.run('checkpoint fresh')
    const [counts] = await session.rows(
      `select (select count(*) from ${JOURNAL}) as old, (select count(*) from ${JOURNAL.replace('"db"', 'fresh')}) as new`,
    )
    if (counts?.old !== counts?.new) throw new WriterTableError('the copy is incomplete', { committed: 'no' })
    await session.run('detach fresh')
    await session.run('checkpoint db')
  } catch (error) {
    await session.run('detach database if exists fresh').catch(() => undefined)
    files[Symbol.dispose]()
    throw fromEngineError(error, 'vacuum', { committed: 'no' })
  }
  return async () => {
    using _files = files
    if (existsSync(`${path}.wal`)) {
      throw new WriterTableError('the write-ahead log was not emptied, so the file was not replaced', {
        committed: 'no',
      })
    }
    chmodSync(temporary, statSync(path).mode & 0o7777)
    await syncFile(temporary)
    renameSync(temporary, path)
    syncDirectory(dirname(path))
  }
}

async function storageVersionOf(session: Session): Promise<string | undefined> {
  const [found] = await session.rows(
    `select rtrim(tags['storage_version'], '+') as version from duckdb_databases() where database_name = 'db'`,
  )
  return typeof found?.version === 'string' ? found.version : undefined
}
