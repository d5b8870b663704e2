import { randomUUID } from 'node:crypto'
import type { Session } from '../engine/session.ts'
import { CATALOG, journalOf, OWN_SCHEMA } from './journal-sql.ts'

/** Stands in the id of a commit before the id of the one that it follows. */
const FOLLOWS = '<'

/** A new id for the commit after `previous`, which it names: the id of a commit or, for the first, that of the file. */
export function nextCommitId(previous: string): string {
  return `${randomUUID()}${FOLLOWS}${previous.split(FOLLOWS, 1)[0]}`
}

/** A commit that does not follow the one before it in the journal: what it follows is not there. */
export interface ChainBreak {
  readonly sequence: number
  readonly commitId: string
  /** The commit before it in the file; 0 if there is none. */
  readonly earlier: number
  /** Whether a repair accepted it later. */
  readonly isAccepted: boolean
}

/** Breaks that are looked at; a file with more is as wrong as one with these. */
const MAX_BREAKS = 1000

// Ids that name nothing are those of earlier releases, of which only the numbers can be compared.
const breaksIn = (catalog: string) => `with chained as (
   select sequence, commit_id, lag(sequence, 1, 0) over before as earlier, lag(commit_id, 1, $1) over before as earlier_id
   from ${journalOf(catalog)} window before as (order by sequence, rowid)),
 repairs as (select coalesce(max(sequence), 0) as last from ${journalOf(catalog)} where table_schema = $2 and operation = 'repair')
 select sequence, commit_id, earlier, sequence < last as accepted from chained, repairs
 where sequence <> earlier + 1
   or (contains(commit_id, '${FOLLOWS}') and split_part(commit_id, '${FOLLOWS}', 2) <> split_part(earlier_id, '${FOLLOWS}', 1))
 order by sequence limit ${MAX_BREAKS}`

/** Every break of the chain of commits, in their order. `fileId`: what the first commit follows; empty for files of earlier releases. */
export async function chainBreaks(session: Session, fileId: string, catalog = CATALOG): Promise<ChainBreak[]> {
  const rows = await session.rows(breaksIn(catalog), [fileId, OWN_SCHEMA])
  return rows.map((row) => ({
    sequence: Number(row.sequence),
    commitId: String(row.commit_id),
    earlier: Number(row.earlier),
    isAccepted: row.accepted === true,
  }))
}
