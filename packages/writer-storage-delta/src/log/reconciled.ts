import type { Action } from './actions.ts'
import { fileKey } from './file-key.ts'

/**
 * The actions of a compaction, one for each thing that they speak of. A compaction holds no more by the protocol; writers that leave more in it put the
 * newest first, as readers of the log go.
 */
export function reconciled(actions: readonly Action[]): Action[] {
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
