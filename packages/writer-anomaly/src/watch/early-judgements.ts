import type { Anomaly, LogBatch } from '@forge/writer-core'
import type { StepRun } from '../series/step-run.ts'
import type { WatchedModel } from './watched-model.ts'

/** The judgement of rows that were judged and learned while they were being written. */
export interface EarlyJudgement {
  readonly batch: LogBatch
  readonly rows: readonly StepRun[]
  readonly found: Anomaly[]
  /** The epoch of the model that learned them. */
  readonly epoch: WatchedModel['epoch']
}

/** The judgements of writes that are in progress, by batch id: the engine is busy then, and this thread is free. */
export interface EarlyJudgements {
  /** Calls `judge` once the engine has the rows. */
  begin(batchId: string, judge: () => EarlyJudgement | undefined): void
  /** Returns the judgement of a write that has ended; undefined if it was not judged yet. Throws what `judge` has thrown. */
  end(batchId: string): EarlyJudgement | undefined
}

/** The time after which the engine has the rows. */
const GIVEN_MS = 2
/** The maximum number of writes whose end was not reported, for example because a later hook left no row. */
const MAX_BEGUN = 1000

interface Begun {
  readonly timer: NodeJS.Timeout
  made: () => EarlyJudgement | undefined
}

export function earlyJudgements(): EarlyJudgements {
  const begun = new Map<string, Begun>()
  return {
    begin(batchId, judge) {
      // A repeated batch is stored once, and learned once.
      if (begun.has(batchId)) return
      const timer = setTimeout(() => {
        const made = outcomeOf(judge)
        const write = begun.get(batchId)
        if (write) write.made = made
      }, GIVEN_MS)
      begun.set(batchId, { timer, made: () => undefined })
      const [oldest] = begun.keys()
      if (begun.size > MAX_BEGUN && oldest !== undefined) begun.delete(oldest)
    },
    end(batchId) {
      const write = begun.get(batchId)
      if (!write) return undefined
      clearTimeout(write.timer)
      begun.delete(batchId)
      return write.made()
    },
  }
}

/** Returns a function that returns or throws the result of the work: nobody can catch the error of a timer. */
function outcomeOf<T>(work: () => T): () => T {
  try {
    const value = work()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
