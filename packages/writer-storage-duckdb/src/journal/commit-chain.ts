import { randomUUID } from 'node:crypto'
import type { Session } from '../engine/session.ts'
import { CATALOG, journalOf, OWN_SCHEMA } from './journal-sql.ts'

/** The separator between a commit's own id and the id of the commit before it. */
const FOLLOWS = '<'

/** Returns a new id for the commit after `previous`. The id contains `previous`: the id of a commit or, for the first commit, the id of the file. */
export function nextCommitId(previous: string): string {
  return `${randomUUID()}${FOLLOWS}${previous.split(FOLLOWS, 1)[0]}`
}

/** A commit that does not follow the entry before it in the journal: the commit that it names is missing. */
export interface ChainBreak {
  readonly sequence: number
  readonly commitId: string
  /** The sequence of the entry before it in the file, or 0 for the first entry. */
  readonly earlier: number
  /** True if a later repair accepted the break. */
  readonly isAccepted: boolean
}

/** The maximum number of breaks to read. */
const MAX_BREAKS = 1000

// Ids of earlier releases name no previous commit, so only the sequence numbers are compared.
const breaksIn = (catalog: string) => `with chained as (
   select sequence, commit_id, lag(sequence, 1, 0) over before as earlier, lag(commit_id, 1, $1) over before as earlier_id
   from ${journalOf(catalog)} window before as (order by sequence, rowid)),
 repairs as (select coalesce(max(sequence), 0) as last from ${journalOf(catalog)} where table_schema = $2 and operation = 'repair')
 select sequence, commit_id, earlier, sequence < last as accepted from chained, repairs
 where sequence <> earlier + 1
   or (contains(commit_id, '${FOLLOWS}') and split_part(commit_id, '${FOLLOWS}', 2) <> split_part(earlier_id, '${FOLLOWS}', 1))
 order by sequence limit ${MAX_BREAKS}`

/** Returns the breaks in the chain of commits, in order. `fileId` is the id that the first commit names; it is empty in files of earlier releases. */
export async function chainBreaks(session: Session, fileId: string, catalog = CATALOG): Promise<ChainBreak[]> {
  const rows = await session.rows(breaksIn(catalog), [fileId, OWN_SCHEMA])
  return rows.map((row) => ({
    sequence: Number(row.sequence),
    commitId: String(row.commit_id),
    earlier: Number(row.earlier),
    isAccepted: row.accepted === true,
  }))
}
