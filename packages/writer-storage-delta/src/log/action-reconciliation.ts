import type { Action } from '../actions/actions.ts'
import { fileKey } from '../actions/file-key.ts'

/**
 * Returns the actions of a compaction, one for each object that they refer to. The protocol allows no more; writers that leave more put the newest
 * first, the order in which readers of the log look.
 */
export function reconcile(actions: readonly Action[]): Action[] {
  const seen = new Set<string>()
  return actions.filter((action) => {
    const key = subjectOf(action)
    if (key === undefined) return true
    const isFirst = !seen.has(key)
    seen.add(key)
    return isFirst
  })
}

function subjectOf({ add, remove, txn, domainMetadata, metaData, protocol }: Action): string | undefined {
  const file = add ?? remove
  if (file) return `file ${fileKey(file.path, file.deletionVector)}`
  if (txn) return `transaction ${txn.appId}`
  if (domainMetadata) return `domain ${domainMetadata.domain}`
  if (metaData) return 'metadata'
  return protocol ? 'protocol' : undefined
}
