import { sharedCalls } from './shared-calls.ts'
import { MAX_AGE_MS, type Snapshot } from './snapshot.ts'
import type { TableState } from './table-state.ts'

/** Answers of one state of the table: a question is computed once for each state, however often it is asked. */
export interface VersionCache {
  /**
   * Returns the answer to a question, at least as new as this call. If it may be old, an answer that was up to date less than ten seconds ago is returned
   * at once, and the next one is computed in the background.
   */
  get<Answer>(question: string, compute: (snapshot: Snapshot) => Promise<Answer>, options?: AskOptions): Promise<Answer>
}

export interface AskOptions {
  /** True if the answer may be a little older than the call. Default false. */
  readonly mayBeOld?: boolean | undefined
}

export interface CacheOptions {
  readonly readState: () => Promise<TableState>
  readonly snapshotOf: (state: TableState) => Snapshot
  /** The clock. */
  readonly now: () => Date
  /** Maximum number of answers that are kept. Default 100. */
  readonly maxAnswers?: number | undefined
}

/** An answer that was up to date so recently need not be waited for. */
const MAX_OLD_MS = 10_000

/** The answers to one question. */
interface Entry {
  /** Returns the answer of the current state. */
  readonly renew: () => Promise<unknown>
  /** Returns an answer that need not be of the current state; undefined if none is new enough. Starts to compute the next one. */
  readonly recent: () => { readonly answer: unknown } | undefined
}

/** Creates a cache; the answers that were asked for least recently are dropped. */
export function versionCache({ readState, snapshotOf, now, maxAnswers = 100 }: CacheOptions): VersionCache {
  const entries = new Map<string, Entry>()
  const createEntry = (compute: (snapshot: Snapshot) => Promise<unknown>): Entry => {
    let kept: { readonly answer: unknown; readonly id: string; readonly atMs: number } | undefined
    // These two follow the time of the process, since the clock may be one of a test.
    let [checkedMs, restsUntilMs] = [Number.NEGATIVE_INFINITY, 0]
    const renew = sharedCalls(async () => {
      const beganMs = performance.now()
      const state = await readState()
      const atMs = now().getTime()
      if (kept?.id !== state.id || atMs - kept.atMs >= MAX_AGE_MS) {
        kept = { answer: await compute(snapshotOf(state)), id: state.id, atMs }
      }
      checkedMs = beganMs
      // While the table changes all the time, half of the time is left for other work.
      restsUntilMs = 2 * performance.now() - beganMs
      return kept.answer
    })
    return {
      renew,
      recent() {
        if (!kept || performance.now() - checkedMs >= MAX_OLD_MS) return undefined
        // A fault that lasts is reported to the next request that waits.
        if (performance.now() >= restsUntilMs) renew().catch(() => undefined)
        return kept
      },
    }
  }
  return {
    async get<Answer>(
      question: string,
      compute: (snapshot: Snapshot) => Promise<Answer>,
      { mayBeOld = false }: AskOptions = {},
    ) {
      const entry = entries.get(question) ?? createEntry(compute)
      entries.delete(question)
      entries.set(question, entry)
      for (const oldest of entries.keys()) {
        if (entries.size <= maxAnswers) break
        entries.delete(oldest)
      }
      const recent = mayBeOld ? entry.recent() : undefined
      // A question always has the same kind of answer.
      return (recent ? recent.answer : await entry.renew()) as Answer
    },
  }
}
