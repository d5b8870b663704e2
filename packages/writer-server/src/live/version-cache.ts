import { sharedCalls } from './shared-calls.ts'
import type { TableState } from './table-state.ts'

/** An answer and the state that it is of. */
export interface Answered<Answer> {
  readonly answer: Answer
  readonly state: TableState
}

/** Answers of one state of the table: a question is computed once for each state, however often it is asked. */
export interface VersionCache {
  /** Returns the answer to a question, at least as new as this call. */
  get<Answer>(question: string, compute: () => Promise<Answer>): Promise<Answered<Answer>>
}

export interface CacheOptions {
  readonly readState: () => Promise<TableState>
  /** The clock. */
  readonly now: () => Date
  /** Maximum number of answers that are kept. Default 100. */
  readonly maxAnswers?: number | undefined
}

/** What is late, and how old something is, changes without a write. */
const MAX_AGE_MS = 15_000

interface Entry {
  kept: (Answered<unknown> & { readonly atMs: number }) | undefined
  readonly refresh: () => Promise<Answered<unknown>>
}

/** Creates a cache; the answers that were asked for least recently are dropped. */
export function versionCache({ readState, now, maxAnswers = 100 }: CacheOptions): VersionCache {
  const entries = new Map<string, Entry>()
  const isFresh = ({ kept }: Entry, { id }: TableState) =>
    kept !== undefined && kept.state.id === id && now().getTime() - kept.atMs < MAX_AGE_MS
  const createEntry = (compute: () => Promise<unknown>) => {
    const entry: Entry = {
      kept: undefined,
      refresh: sharedCalls(async () => {
        const state = await readState()
        if (entry.kept && isFresh(entry, state)) return entry.kept
        const atMs = now().getTime()
        const answered = { answer: await compute(), state, atMs }
        entry.kept = answered
        return answered
      }),
    }
    return entry
  }
  return {
    async get<Answer>(question: string, compute: () => Promise<Answer>) {
      const entry = entries.get(question) ?? createEntry(compute)
      entries.delete(question)
      entries.set(question, entry)
      for (const oldest of entries.keys()) {
        if (entries.size <= maxAnswers) break
        entries.delete(oldest)
      }
      const state = await readState()
      const answered = entry.kept && isFresh(entry, state) ? entry.kept : await entry.refresh()
      // A question always has the same kind of answer.
      return answered as Answered<Answer>
    },
  }
}
