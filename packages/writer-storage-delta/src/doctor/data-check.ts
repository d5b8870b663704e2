import type { DoctorCheck } from '@forge/writer-core'
import type { Session } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { leasedFile } from '../engine/leased-files.ts'
import { fileList } from '../engine/read-sql.ts'
import type { Snapshot } from '../log/snapshot.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { checkOf, formatCount } from './examination.ts'
import { isDamage } from './file-checks.ts'

const MAX_NAMED = 5

/** Reads every value of every data file of a version, except files that are already known to be lost. */
export async function dataCheck(
  store: ObjectStore,
  session: Session,
  snapshot: Snapshot,
  lost: readonly AddFile[],
): Promise<DoctorCheck> {
  const known = new Set(lost)
  const files = [...snapshot.state().files.values()].filter((add) => !known.has(add))
  const unreadable: string[] = []
  for (const file of files) {
    using _lease = await store.engine.lease?.([leasedFile(file)])
    if (!(await isReadable(session, store.engine.addressOf(decodePath(file.path))))) unreadable.push(file.path)
  }
  const more = unreadable.length > MAX_NAMED ? `, and ${unreadable.length - MAX_NAMED} more` : ''
  return checkOf(
    'data',
    `every value of ${formatCount(files.length, 'file')} can be read`,
    unreadable.length === 0
      ? undefined
      : {
          status: 'problem',
          detail: `the data of ${formatCount(unreadable.length, 'file')} cannot be read: ${unreadable.slice(0, MAX_NAMED).join(', ')}${more}`,
          suggestion: 'Restore them from a backup.',
        },
  )
}

async function isReadable(session: Session, address: string): Promise<boolean> {
  try {
    await session.rows(
      `select cast(bit_xor(hash(file)) as varchar) as read from read_parquet(${fileList([address])}, hive_partitioning = false) file`,
    )
    return true
  } catch (error) {
    if (isDamage(error)) return false
    throw error
  }
}
