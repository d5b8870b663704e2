import type { Anomaly, LogBatch } from '@forge/writer-core'
import type { StepRun } from '../series/step-run.ts'
import type { WatchedModel } from './watched-model.ts'

/** What was judged, and learned, while the rows were on their way to the disk. */
export interface EarlyJudgement {
  readonly batch: LogBatch
  readonly rows: readonly StepRun[]
  readonly found: Anomaly[]
  /** Of the model that learned them. */
  readonly epoch: WatchedModel['epoch']
}

/** Judgements of writes that are under way, by batch id: the engine works then, and this thread is free. */
export interface EarlyJudgements {
  /** Calls `judge` when the engine has been given the rows. */
  begin(batchId: string, judge: () => EarlyJudgement | undefined): void
  /** What was judged of a write that has come to its end; what was not by then is left to the caller. Throws what `judge` has thrown. */
  end(batchId: string): EarlyJudgement | undefined
}

/** Time after which the rows are with the engine. */
const GIVEN_MS = 2
/** Writes of which the end was never told, as where a later hook left no row. */
const MOST_BEGUN = 1000

interface Begun {
  readonly timer: NodeJS.Timeout
  made: () => EarlyJudgement | undefined
}

export function earlyJudgements(): EarlyJudgements {
  const begun = new Map<string, Begun>()
  return {
    begin(batchId, judge) {
      // The same batch once more is stored once, and learned once.
      if (begun.has(batchId)) return
      const timer = setTimeout(() => {
        const made = outcomeOf(judge)
        const write = begun.get(batchId)
        if (write) write.made = made
      }, GIVEN_MS)
      begun.set(batchId, { timer, made: () => undefined })
      const [oldest] = begun.keys()
      if (begun.size > MOST_BEGUN && oldest !== undefined) begun.delete(oldest)
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

/** What the work gives or throws, when it is asked for: a timer has nobody to tell. */
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
