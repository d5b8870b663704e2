import { WriterTableError } from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import type { Action, CommitInfo, Metadata, Protocol, SetTransaction } from '../actions/actions.ts'
import { assertReadable, assertReadableFiles } from '../protocol/reader-gate.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { Commit } from './commit-file.ts'
import { EMPTY_STATE, type LogState, replay } from './log-replay.ts'

/** The table at one version. It never changes; the next version is another snapshot. */
export class Snapshot {
  readonly version: number
  readonly protocol: Protocol
  readonly metadata: Metadata
  /** The information of the commit; undefined if the version was read from a checkpoint. */
  readonly commitInfo: CommitInfo | undefined
  readonly #ledger: Ledger
  #state: LogState | undefined
  /** The source of the state, forgotten once the state is known: older snapshots can then be freed. */
  #origin: Origin | undefined

  private constructor({ version, protocol, metadata, commitInfo }: Header, ledger: Ledger, source: LogState | Origin) {
    this.version = version
    this.protocol = protocol
    this.metadata = metadata
    this.commitInfo = commitInfo
    this.#ledger = ledger
    if ('commits' in source) this.#origin = source
    else this.#state = source
  }

  /**
   * Returns the snapshot of a state. Throws WriterTableError if protocol or metadata is missing, WriterUnsupportedError naming a feature that reading
   * needs.
   */
  static of(version: number, state: LogState, commitInfo: CommitInfo | undefined): Snapshot {
    const header = { version, ...requireHeader(version, state.protocol, state.metadata), commitInfo }
    return new Snapshot(header, transactionLedger(state.transactions), state)
  }

  /**
   * Returns the snapshot after `commits`, which follow `before` (undefined: the start of the log) without a gap. Throws as {@link Snapshot.of} does.
   */
  static after(before: Snapshot | undefined, commits: readonly Commit[]): Snapshot {
    const last = commits.at(-1)
    if (last === undefined) throw new RangeError('no commits to apply')
    let protocol = before?.protocol
    let metadata = before?.metadata
    for (const { actions } of commits) {
      for (const action of actions) {
        protocol = action.protocol ?? protocol
        metadata = action.metaData ?? metadata
      }
    }
    const required = requireHeader(last.version, protocol, metadata)
    const ledger = before ? before.#ledger : transactionLedger(new Map())
    for (const { version, actions } of commits) {
      for (const { txn } of actions) if (txn) record(ledger, txn, version)
    }
    const header = { version: last.version, ...required, commitInfo: commitInfoOf(last.actions) }
    return new Snapshot(header, ledger, { before, commits })
  }

  /** Returns the newest transaction of the application, or undefined. */
  transaction(appId: string): SetTransaction | undefined {
    return this.#ledger.get(appId)?.findLast((entry) => entry.version <= this.version)?.txn
  }

  /** Returns the reconciled state, computed on the first call: appends never need it. */
  state(): LogState {
    if (this.#state) return this.#state
    // A loop, because a chain of thousands of appends is too deep for recursion.
    const pending: (readonly Commit[])[] = []
    let known = EMPTY_STATE
    for (let at: Snapshot | undefined = this; at; at = at.#origin ? at.#origin.before : undefined) {
      if (at.#origin) pending.push(at.#origin.commits)
      else known = at.#state ?? EMPTY_STATE
    }
    this.#state = replay(
      known,
      pending.reverse().flatMap((each) => each.map((commit) => commit.actions)),
    )
    this.#origin = undefined
    return this.#state
  }
}

type Header = Pick<Snapshot, 'version' | 'protocol' | 'metadata' | 'commitInfo'>

/** The commits that lead from an earlier snapshot (undefined: the start of the log) to another one. */
interface Origin {
  readonly before: Snapshot | undefined
  readonly commits: readonly Commit[]
}

export function commitInfoOf(actions: readonly Action[]): CommitInfo | undefined {
  return actions.find((action) => action.commitInfo)?.commitInfo
}

/**
 * The transactions of a series of snapshots, which all of them share, so that an append does not copy thousands. Each has the version that set it,
 * and a snapshot ignores later versions.
 */
type Ledger = Map<string, { readonly txn: SetTransaction; readonly version: number }[]>

function transactionLedger(transactions: ReadonlyMap<string, SetTransaction>): Ledger {
  return new Map([...transactions].map(([appId, txn]) => [appId, [{ txn, version: -1 }]]))
}

function record(ledger: Ledger, txn: SetTransaction, version: number): void {
  const entries = ledger.get(txn.appId)
  if (entries === undefined) ledger.set(txn.appId, [{ txn, version }])
  else if (!entries.some((entry) => entry.version === version)) entries.push({ txn, version })
}

function requireHeader(version: number, protocol: Protocol | undefined, metadata: Metadata | undefined) {
  if (protocol === undefined) throw new WriterTableError(`the log has no protocol at version ${version}`)
  // The features are checked first: an unknown one may change the meaning of the metadata.
  assertReadable(protocol)
  if (metadata === undefined) throw new WriterTableError(`the log has no metadata at version ${version}`)
  assertReadableFiles(metadata)
  return { protocol, metadata: wholeMetadata(metadata) }
}

/** Fills in missing parts of the metadata as empty, as Spark does. Databricks creates tables whose schema comes with the first rows. */
function wholeMetadata(metadata: Metadata): Metadata {
  const { schemaString, partitionColumns } = metadata
  const isWhole = typeof schemaString === 'string' && Array.isArray(partitionColumns)
  const whole = isWhole
    ? metadata
    : { ...metadata, schemaString: schemaString ?? NO_COLUMNS, partitionColumns: partitionColumns ?? [] }
  return whole.partitionColumns.length === 0 ? whole : withSchemaNames(whole)
}

/** Returns the partition columns in the schema's spelling: names that differ only in letter case are the same. */
function withSchemaNames(metadata: Metadata): Metadata {
  const { fields } = parseSchema(metadata)
  const partitionColumns = metadata.partitionColumns.map((name) => findColumn(name, fields)?.name ?? name)
  const isSame = partitionColumns.every((name, at) => name === metadata.partitionColumns[at])
  return isSame ? metadata : { ...metadata, partitionColumns }
}

const NO_COLUMNS = '{"type":"struct","fields":[]}'
