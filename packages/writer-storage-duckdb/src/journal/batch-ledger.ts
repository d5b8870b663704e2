import type { TableRef } from '@forge/writer-core'
import type { Session } from '../engine/session.ts'
import { JOURNAL } from './journal-sql.ts'
import type { JournalState } from './journal-state.ts'

/** The number of look-ups before the ids are loaded into memory. */
const LOOK_UPS = 8
/** The maximum number of ids in memory. */
const MAX_IDS = 200_000

/** Detects new batch ids without a query while the file is held and no other process can add one. */
export interface BatchLedger {
  /** Resolves with false if the id is certainly new. */
  mayHold(session: Session, journal: JournalState, ref: TableRef, batchId: string): Promise<boolean>
  add(ref: TableRef, batchId: string): void
}

export function batchLedger(): BatchLedger {
  let lookUps = 0
  let ids: Set<string> | undefined
  return {
    async mayHold(session, journal, ref, batchId) {
      if (!journal.exists || journal.sequence === 0) return false
      if (ids) return ids.has(keyOf(ref, batchId))
      if (++lookUps > LOOK_UPS && journal.sequence <= MAX_IDS) ids = await readIds(session)
      return true
    },
    add: (ref, batchId) => void ids?.add(keyOf(ref, batchId)),
  }
}

function keyOf({ schema, name }: TableRef, batchId: string): string {
  return `${schema}\0${name}\0${batchId}`
}

async function readIds(session: Session): Promise<Set<string>> {
  const ids = new Set<string>()
  const sql = `select table_schema as schema, table_name as name, batch_id from ${JOURNAL} where batch_id is not null`
  for await (const { vectors, rowCount } of session.stream({ sql, params: [] })) {
    const [schemas, names, batchIds] = vectors.map((vector) => (vector.kind === 'text' ? vector.values : []))
    for (let row = 0; row < rowCount; row++) {
      ids.add(keyOf({ schema: schemas?.[row] ?? '', name: names?.[row] ?? '' }, batchIds?.[row] ?? ''))
    }
  }
  return ids
}
