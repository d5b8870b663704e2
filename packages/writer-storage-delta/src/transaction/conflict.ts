import type { Action } from '../actions/actions.ts'
import { fileKey } from '../actions/file-key.ts'
import type { Commit } from '../log/commit-file.ts'
import { commitInfoOf, type Snapshot } from '../log/snapshot.ts'
import { skipFiles } from '../scan/data-skipping.ts'
import type { Proposal } from './proposal.ts'

/**
 * The reason why a change cannot follow a commit that was made meanwhile. `rowsAppended`: a blind append added rows that the change may concern. As
 * the append read nothing, the change may be ordered before it, unless the table's isolation level is stricter.
 */
export type ConflictKind =
  | 'protocolChanged'
  | 'metadataChanged'
  | 'sameDomain'
  | 'sameTransaction'
  | 'rowsAdded'
  | 'rowsAppended'
  | 'readFilesRemoved'
  | 'sameFileRemoved'

/**
 * Returns the conflict between `proposal` and the commit `winner`, which came first; undefined if the proposal is still correct after it. `table` is
 * the table after the winner.
 */
export function conflictOf(
  proposal: Proposal,
  appId: string | undefined,
  winner: Commit,
  table: Pick<Snapshot, 'metadata'>,
): ConflictKind | undefined {
  const mine = proposal.actions
  const changesHeader = mine.some((action) => action.protocol || action.metaData)
  const domains = new Set(mine.flatMap(({ domainMetadata }) => domainMetadata?.domain ?? []))
  for (const action of winner.actions) {
    if (action.txn && action.txn.appId === appId) return 'sameTransaction'
    if (action.protocol && changesHeader) return 'protocolChanged'
    if (action.metaData) return 'metadataChanged'
    if (action.domainMetadata && domains.has(action.domainMetadata.domain)) return 'sameDomain'
  }
  return removalConflict(proposal, winner) ?? additionConflict(proposal, winner, table)
}

/** Returns true if the commit only moved rows between files: OPTIMIZE. */
export function movesOnly({ actions }: Commit): boolean {
  const files = actions.flatMap(({ add, remove }) => add ?? remove ?? [])
  return files.length > 0 && files.every(({ dataChange }) => !dataChange)
}

function removalConflict({ actions, reads }: Proposal, winner: Commit): ConflictKind | undefined {
  const removedByMe = new Set(actions.flatMap((action) => removedKey(action) ?? []))
  const read = typeof reads === 'string' ? [] : (reads.files ?? [])
  const readByMe = new Set(read.map(({ path, deletionVector }) => fileKey(path, deletionVector)))
  for (const action of winner.actions) {
    const removed = removedKey(action)
    if (removed === undefined) continue
    if (removedByMe.has(removed)) return 'sameFileRemoved'
    // Rewritten files hold the same rows as before.
    if (action.remove?.dataChange && readByMe.has(removed)) return 'readFilesRemoved'
  }
  return undefined
}

function additionConflict(
  { reads }: Proposal,
  winner: Commit,
  table: Pick<Snapshot, 'metadata'>,
): ConflictKind | undefined {
  if (typeof reads === 'string') return undefined
  const added = winner.actions.flatMap(({ add }) => (add?.dataChange ? add : []))
  if (skipFiles(table, added, reads.rows).length === 0) return undefined
  return isBlindAppend(winner) ? 'rowsAppended' : 'rowsAdded'
}

/** Returns true if the commit is a blind append. Its own statement is trusted if it removes nothing. */
function isBlindAppend({ actions }: Commit): boolean {
  return commitInfoOf(actions)?.isBlindAppend === true && actions.every(({ remove }) => !remove)
}

function removedKey({ remove }: Action): string | undefined {
  return remove && fileKey(remove.path, remove.deletionVector)
}
