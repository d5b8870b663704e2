/** Runs functions one after the other. */
export interface Turn {
  run<Result>(work: () => Promise<Result>): Promise<Result>
}

export function turns(): Turn {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(work) {
      const result = last.then(work)
      last = result.catch(() => undefined)
      return result
    },
  }
}
