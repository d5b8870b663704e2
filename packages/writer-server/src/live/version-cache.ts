import { sharedCalls } from './shared-calls.ts'
import { MAX_AGE_MS, type Snapshot } from './snapshot.ts'
import type { TableState } from './table-state.ts'

/** Answers of one state of the table: a question is computed once for each state, however often it is asked. */
export interface VersionCache {
  /** Returns the answer to a question, at least as new as this call. */
  get<Answer>(question: string, compute: (snapshot: Snapshot) => Promise<Answer>): Promise<Answer>
}

export interface CacheOptions {
  readonly readState: () => Promise<TableState>
  readonly snapshotOf: (state: TableState) => Snapshot
  /** The clock. */
  readonly now: () => Date
  /** Maximum number of answers that are kept. Default 100. */
  readonly maxAnswers?: number | undefined
}

type Entry = () => Promise<unknown>

/** Creates a cache; the answers that were asked for least recently are dropped. */
export function versionCache({ readState, snapshotOf, now, maxAnswers = 100 }: CacheOptions): VersionCache {
  const entries = new Map<string, Entry>()
  const createEntry = (compute: (snapshot: Snapshot) => Promise<unknown>): Entry => {
    let kept: { readonly answer: unknown; readonly id: string; readonly atMs: number } | undefined
    return sharedCalls(async () => {
      const state = await readState()
      const atMs = now().getTime()
      if (kept?.id === state.id && atMs - kept.atMs < MAX_AGE_MS) return kept.answer
      kept = { answer: await compute(snapshotOf(state)), id: state.id, atMs }
      return kept.answer
    })
  }
  return {
    async get<Answer>(question: string, compute: (snapshot: Snapshot) => Promise<Answer>) {
      const entry = entries.get(question) ?? createEntry(compute)
      entries.delete(question)
      entries.set(question, entry)
      for (const oldest of entries.keys()) {
        if (entries.size <= maxAnswers) break
        entries.delete(oldest)
      }
      // A question always has the same kind of answer.
      return (await entry()) as Answer
    },
  }
}
