import { setTimeout as sleep } from 'node:timers/promises'
import type { RunJournal } from './journal.ts'
import type { RecordContext, RecordRequest } from './request.ts'

interface StoreOptions {
  readonly request: RecordRequest
  readonly context: RecordContext
  /** Ends the wait: the caller wants the process to end. */
  readonly stop: AbortSignal
}

/** Stores the run within `recordTimeoutMs`. A run that is not stored by then stays in the spool, and one message says so. */
export async function storeWithin(journal: RunJournal, { request, context, stop }: StoreOptions): Promise<void> {
  const { say, store } = context
  const early = store.early()
  if (early) journal.hold(early)
  const timeout = new AbortController()
  const limit = AbortSignal.any([timeout.signal, stop])
  const isLate = sleep(request.recordTimeoutMs, undefined, { signal: stop }).then(
    () => 'storing takes too long',
    () => 'interrupted',
  )
  const problem = await Promise.race([attempt(() => locateAndStore(journal, context, limit)), isLate])
  timeout.abort()
  if (problem === undefined) return
  const next = journal.database === undefined ? 'these settings' : `--path ${journal.database}`
  const place =
    journal.path === undefined ? 'and is lost' : `and waits in ${journal.path}; the next command with ${next} stores it`
  say(`the run is not stored (${problem.replaceAll(/\s+/g, ' ')}) ${place}`)
}

async function locateAndStore(journal: RunJournal, { store }: RecordContext, limit: AbortSignal): Promise<void> {
  try {
    const { path, table } = await store.locate()
    journal.place(path, table)
  } catch (error) {
    // Without settings the run waits next to the database that is used without any.
    if (journal.path === undefined) journal.place(store.fallbackPath)
    throw error
  }
  await store.store(limit)
}

/** Resolves with the message of the error, or with undefined. */
async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
