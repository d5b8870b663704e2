import { WriterUnsupportedError } from '@forge/writer-core'
import type { Metadata } from '../log/actions.ts'
import { tableProperties } from '../protocol/table-properties.ts'

/** Throws WriterUnsupportedError, naming the constraint, where the table has one: rows are never written unchecked. */
export function assertNoConstraints(metadata: Metadata): void {
  const [first] = tableProperties(metadata).constraints
  if (first === undefined) return
  throw new WriterUnsupportedError(`the CHECK constraint ${first[0]} of the table cannot be checked here`, {
    context: { feature: 'checkConstraints', constraint: first[0] },
  })
}
