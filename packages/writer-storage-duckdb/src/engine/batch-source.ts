import type { LogBatch } from '@forge/writer-core'

/** Wraps an error that the source of the batches threw. The caller rethrows `cause`, as it is not an error of the write. */
export class SourceError extends Error {
  override name = 'SourceError'
  constructor(cause: unknown) {
    super('the source of the batches failed', { cause })
  }
}

/** A queue of batches that statements read. */
export interface BatchSource extends Disposable {
  /** Returns the next batch without removing it. Throws SourceError if the source fails. */
  peek(): LogBatch | undefined
  /** Yields the next batches with equal columns, at most `most`, for one statement. */
  alike(most: number): Iterable<LogBatch>
  /** The error of the source, if the source is why a statement failed. */
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
