import type {
  Action,
  AddFile,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  SetTransaction,
} from '../actions/actions.ts'
import { fileKey } from '../actions/file-key.ts'

/** The reconciled state of a table: the result of all actions in its log. */
export interface LogState {
  readonly protocol: Protocol | undefined
  readonly metadata: Metadata | undefined
  /** The files, by {@link fileKey}. */
  readonly files: ReadonlyMap<string, AddFile>
  readonly tombstones: ReadonlyMap<string, RemoveFile>
  readonly transactions: ReadonlyMap<string, SetTransaction>
  readonly domains: ReadonlyMap<string, DomainMetadata>
}

export const EMPTY_STATE: LogState = {
  protocol: undefined,
  metadata: undefined,
  files: new Map(),
  tombstones: new Map(),
  transactions: new Map(),
  domains: new Map(),
}

/** Returns the state of a checkpoint. Its removes are tombstones and hide nothing. */
export function stateFromCheckpoint(actions: readonly Action[]): LogState {
  return replay(EMPTY_STATE, [actions])
}

/** Returns the state after `commits`, oldest first. Does not change `state`. */
export function replay(state: LogState, commits: Iterable<readonly Action[]>): LogState {
  let { protocol, metadata } = state
  const files = new Map(state.files)
  const tombstones = new Map(state.tombstones)
  const transactions = new Map(state.transactions)
  const domains = new Map(state.domains)
  for (const actions of commits) {
    // The order inside a commit has no meaning. If a commit removes and adds the same file, the file is added.
    for (const { remove } of actions) {
      if (!remove) continue
      const key = fileKey(remove.path, remove.deletionVector)
      files.delete(key)
      tombstones.set(key, remove)
    }
    for (const action of actions) {
      if (action.add) {
        const key = fileKey(action.add.path, action.add.deletionVector)
        files.set(key, action.add)
        tombstones.delete(key)
      }
      if (action.txn) transactions.set(action.txn.appId, action.txn)
      if (action.domainMetadata) domains.set(action.domainMetadata.domain, action.domainMetadata)
      protocol = action.protocol ?? protocol
      metadata = action.metaData ?? metadata
    }
  }
  return { protocol, metadata, files, tombstones, transactions, domains }
}
