import type { Action } from '../log/actions.ts'
import type { Commit } from '../log/commit-file.ts'
import { fileKey } from '../log/file-key.ts'
import type { Proposal } from './proposal.ts'

/** Why a change cannot follow a commit that was made meanwhile. */
export type ConflictKind =
  | 'protocolChanged'
  | 'metadataChanged'
  | 'sameDomain'
  | 'sameTransaction'
  | 'rowsAdded'
  | 'readFilesRemoved'
  | 'sameFileRemoved'

/** Undefined where `proposal`, made before `winner`, still says the truth after it. */
export function conflictOf(proposal: Proposal, appId: string | undefined, winner: Commit): ConflictKind | undefined {
  const mine = proposal.actions
  const removedByMe = new Set(mine.flatMap((action) => removedKey(action) ?? []))
  const changesHeader = mine.some((action) => action.protocol || action.metaData)
  const domains = new Set(mine.flatMap(({ domainMetadata }) => domainMetadata?.domain ?? []))
  for (const action of winner.actions) {
    if (action.txn && action.txn.appId === appId) return 'sameTransaction'
    if (action.protocol && changesHeader) return 'protocolChanged'
    if (action.metaData) return 'metadataChanged'
    if (action.domainMetadata && domains.has(action.domainMetadata.domain)) return 'sameDomain'
    const removed = removedKey(action)
    if (removed !== undefined && removedByMe.has(removed)) return 'sameFileRemoved'
    // Files that were only rewritten hold the same rows as before.
    if (action.remove?.dataChange && proposal.reads === 'table') return 'readFilesRemoved'
    if (action.add?.dataChange && proposal.reads === 'table') return 'rowsAdded'
  }
  return undefined
}

function removedKey({ remove }: Action): string | undefined {
  return remove && fileKey(remove.path, remove.deletionVector)
}
