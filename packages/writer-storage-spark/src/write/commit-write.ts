import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CommitOptions,
  type CommitResult,
  isWriterError,
  type TableOperation,
  type TableOptions,
  type TableRef,
} from '@forge/writer-core'
import { assertMethodOptions, nothingWritten } from '@forge/writer-core/storage'
import { execute } from '../connect/execute.ts'
import { fromServerError, isConflict, isLostSession, isRefused } from '../connect/server-errors.ts'
import type { PlanInit, Session } from '../connect/session.ts'
import { withSettings } from '../connect/session-settings.ts'
import { batchAppId, noteOf, noteText } from '../journal/commit-note.ts'
import { commitResult, findBatch } from '../journal/find-batch.ts'
import { readHistory } from '../journal/history.ts'
import { attribute, call, text } from '../plan/expressions.ts'
import { sql } from '../plan/relations.ts'
import { queryRows, type ReadWays } from '../query/run-query.ts'
import type { SparkHost } from '../spark-host.ts'
import type { TablePlace } from '../table/place.ts'
import { readState, type TableState } from '../table/table-state.ts'
import { SourceError } from './fit-rows.ts'

/** What a write does to a table in one commit. */
export interface TableWrite {
  readonly operation: TableOperation
  readonly commit: CommitOptions
  /** If true, the write does nothing when the table does not exist. Default false: the write creates it. */
  readonly needsTable?: boolean | undefined
  /** True if the command takes its options as settings of its session, which then does nothing else. Default false. */
  readonly usesSettings?: boolean | undefined
  /** Returns the change of columns that is committed first; undefined if none is needed. */
  prepare?(state: TableState): Preparation | undefined
  /** Returns the command; it is called for each attempt. Throws WriterSchemaError if the rows do not fit. */
  plan(state: TableState, ways: ReadWays): Promise<PlannedWrite | { readonly found: CommitResult }>
}

/** Plans a change of columns. */
export type Preparation = (session: Session) => Promise<PlannedWrite>

export interface PlannedWrite {
  /** The number of rows that were given. */
  readonly rows: number
  /** Returns the command with the options that make it one commit that is stored once. */
  command(options: Readonly<Record<string, string>>): PlanInit
}

export interface WriteTarget {
  readonly host: SparkHost
  readonly ref: TableRef
  readonly place: TablePlace
  readonly options: TableOptions
}

const MAX_PAUSE_MS = 2_000

/** The error of a write that creates a table of a catalog, which takes options only as settings. */
class NeedsSettings extends Error {
  override name = 'NeedsSettings'
}

/**
 * Commits a write. Delta remembers the batch id as a transaction, so that a repeated write, also one whose answer was lost, is stored once. A conflict with
 * another writer is tried again until `lockTimeoutMs`. Errors have `committed: 'unknown'` only if the server no longer answers.
 */
export async function commitWrite(write: TableWrite, target: WriteTarget): Promise<CommitResult> {
  assertMethodOptions('commit', write.commit)
  const { host, ref, options } = target
  const doing = `${write.operation} to ${ref.schema}.${ref.name} on ${host.location}`
  const endMs = Date.now() + (options.lockTimeoutMs ?? host.lockTimeoutMs())
  const nonce = randomUUID()
  let usesSettings = write.usesSettings ?? false
  /** True once an attempt ended without an answer that says whether it was committed. */
  let mayBeStored = false
  for (let attempt = 1; ; attempt++) {
    const run = { isSent: false, usesSettings }
    try {
      const holder = usesSettings ? host.changes : host.sessions
      return await holder.use((session) => attemptWrite(session, write, target, nonce, run))
    } catch (error) {
      if (error instanceof SourceError) throw error.cause
      if (error instanceof NeedsSettings) {
        usesSettings = true
        continue
      }
      mayBeStored ||= run.isSent && !isWriterError(error) && !isConflict(error) && !isRefused(error)
      const mayRepeat = isConflict(error) || isLostSession(error)
      if (mayRepeat && Date.now() < endMs) {
        await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 50 * 2 ** attempt))
        continue
      }
      if (!mayBeStored) throw writeError(error, doing, 'no')
      const found = await lookUp(target, write.commit.batchId, nonce)
      if (found) return found
      throw writeError(error, doing, 'unknown')
    }
  }
}

function writeError(error: unknown, doing: string, committed: 'no' | 'unknown'): unknown {
  if (!isWriterError(error)) return fromServerError(error, doing, { committed })
  error.committed = committed === 'unknown' ? committed : (error.committed ?? committed)
  return error
}

async function attemptWrite(
  session: Session,
  write: TableWrite,
  target: WriteTarget,
  nonce: string,
  run: { isSent: boolean; readonly usesSettings: boolean },
): Promise<CommitResult> {
  const { host, ref, place, options } = target
  const ways = { session, reconnectMs: host.reconnectMs }
  const read = () => readState(session, ref, place, options.columns)
  let state = await read()
  if (write.needsTable && !state.exists) return nothingWritten()
  if (!state.exists && place.path === undefined && !run.usesSettings) throw new NeedsSettings()
  if (await prepare(session, write, state, host)) state = await read()
  const planned = await plannedOrFound(write, state, ways)
  if ('found' in planned) return planned.found
  const tags = {
    txnAppId: batchAppId(write.commit.batchId),
    // Delta skips a transaction whose stored number is not less, and this project stores versions from 0 on.
    txnVersion: '0',
    userMetadata: noteText(noteOf(write.operation, write.commit, nonce, planned.rows)),
  }
  if (!state.exists && place.schema !== undefined) await createSchema(ways, place.schema)
  run.isSent = true
  if (run.usesSettings) {
    await withSettings(session, settingsOf(tags), () => runCommand(session, planned.command(tags), host))
  } else await runCommand(session, planned.command(tags), host)
  const after = state.exists ? state : await read()
  return (await ownCommit(ways, after, nonce)) ?? knownBatch(ways, after, write.commit.batchId)
}

async function createSchema({ session, reconnectMs }: ReadWays, schema: string): Promise<void> {
  await queryRows(session, sql(`create schema if not exists ${schema}`), [], { reconnectMs })
}

/** Commits the change of columns that a write needs first. Returns true if there was one. */
async function prepare(session: Session, write: TableWrite, state: TableState, host: SparkHost): Promise<boolean> {
  const preparation = write.prepare?.(state)
  if (!preparation) return false
  const planned = await preparation(session)
  const commit = { ...write.commit, batchId: randomUUID() }
  const note = noteOf('evolve', commit, randomUUID(), 0)
  await runCommand(session, planned.command({ userMetadata: noteText(note) }), host)
  return true
}

/** Returns the plan; the result of an earlier write instead if the rows do not fit, but the batch is stored. */
async function plannedOrFound(
  write: TableWrite,
  state: TableState,
  ways: ReadWays,
): Promise<PlannedWrite | { readonly found: CommitResult }> {
  try {
    return await write.plan(state, ways)
  } catch (error) {
    const found = isWriterError(error) ? await findBatch(ways, state, write.commit.batchId) : undefined
    if (found) return { found }
    throw error
  }
}

async function runCommand(session: Session, plan: PlanInit, { reconnectMs }: SparkHost): Promise<void> {
  for await (const _answer of execute(session, plan, { reconnectMs })) {
    // A command has no rows.
  }
}

const SETTINGS = {
  txnAppId: 'spark.databricks.delta.write.txnAppId',
  txnVersion: 'spark.databricks.delta.write.txnVersion',
  userMetadata: 'spark.databricks.delta.commitInfo.userMetadata',
} as const

function settingsOf(tags: Readonly<Record<keyof typeof SETTINGS, string>>): Readonly<Record<string, string>> {
  return {
    [SETTINGS.txnAppId]: tags.txnAppId,
    [SETTINGS.txnVersion]: tags.txnVersion,
    [SETTINGS.userMetadata]: tags.userMetadata,
  }
}

/** The number of newest versions that are searched first for the commit of a call. */
const NEWEST = 8

async function ownCommit(ways: ReadWays, state: TableState, nonce: string): Promise<CommitResult | undefined> {
  const condition = call('contains', attribute('userMetadata'), text(nonce))
  for (const limit of [NEWEST, undefined]) {
    const commits = await readHistory(ways, state.place, { limit, ...(limit === undefined && { condition }) })
    const own = commits.find(({ note }) => note?.nonce === nonce)
    if (own) return commitResult(ways, state, own, false)
    if (commits.length < NEWEST) return undefined
  }
  return undefined
}

/** Returns the result of a batch that Delta knew already. Its figures are unknown once its commit has left the log. */
async function knownBatch(ways: ReadWays, state: TableState, batchId: string): Promise<CommitResult> {
  const found = await findBatch(ways, state, batchId)
  if (found) return found
  const [newest] = await readHistory(ways, state.place, { limit: 1 })
  const { timestamp } = nothingWritten()
  return { ...nothingWritten(), version: newest?.version ?? -1, alreadyWritten: true, timestamp }
}

/** Looks up what a write without an answer has stored. */
async function lookUp(
  { host, ref, place, options }: WriteTarget,
  batchId: string,
  nonce: string,
): Promise<CommitResult | undefined> {
  try {
    return await host.sessions.use(async (session) => {
      const ways = { session, reconnectMs: host.reconnectMs }
      const state = await readState(session, ref, place, options.columns)
      if (!state.exists) return undefined
      return (await ownCommit(ways, state, nonce)) ?? findBatch(ways, state, batchId)
    })
  } catch {
    return undefined
  }
}
