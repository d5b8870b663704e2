export interface Turns {
  readonly isIdle: boolean
  /** Does the work when all earlier work has ended, successfully or not. */
  take<T>(work: () => Promise<T>): Promise<T>
}

/** Creates a queue in which one piece of work is done after the other. */
export function inTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return {
    get isIdle() {
      return waiting === 0
    },
    take(work) {
      waiting++
      const result = last.then(work).finally(() => {
        waiting--
      })
      last = result.catch(() => undefined)
      return result
    },
  }
}
