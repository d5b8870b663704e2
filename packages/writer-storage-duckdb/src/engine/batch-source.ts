import type { LogBatch } from '@forge/writer-core'

/** What batches threw that were asked for, as `cause`: no error of the write, and thrown on as it is. */
export class SourceError extends Error {
  override name = 'SourceError'
  constructor(cause: unknown) {
    super('the source of the batches failed', { cause })
  }
}

/** Batches on their way into statements. */
export interface BatchSource extends Disposable {
  /** The next one, which stays. Throws SourceError. */
  peek(): LogBatch | undefined
  /** The next ones, up to `most`, as long as their columns are alike; for one statement. */
  alike(most: number): Iterable<LogBatch>
  /** What a statement failed of, where it was the source. */
  readonly failure: SourceError | undefined
}

export function batchSource(batches: Iterable<LogBatch>): BatchSource {
  const iterator = batches[Symbol.iterator]()
  let next: LogBatch | undefined
  let failure: SourceError | undefined
  let isStarted = false
  const advance = () => {
    isStarted = true
    try {
      const { done, value } = iterator.next()
      next = done ? undefined : value
    } catch (error) {
      failure = new SourceError(error)
      throw failure
    }
  }
  const peek = () => {
    if (!isStarted) advance()
    return next
  }
  return {
    peek,
    *alike(most) {
      const first = peek()
      for (let taken = 0; next && first && taken < most && hasSameColumns(first, next); taken++) {
        yield next
        advance()
      }
    },
    get failure() {
      return failure
    },
    [Symbol.dispose]: () => void iterator.return?.(),
  }
}

function hasSameColumns(one: LogBatch, other: LogBatch): boolean {
  return (
    one.columns.length === other.columns.length &&
    one.columns.every(({ name, type }, at) => other.columns[at]?.name === name && other.columns[at]?.type === type)
  )
}
