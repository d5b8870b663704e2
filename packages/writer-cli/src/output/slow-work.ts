import type { LockWaits } from './lock-waits.ts'
import type { Output } from './output.ts'

const INTERVAL_MS = 1000

/** Shows on a terminal what is being done and for how long, and updates it every second; `say` adds the progress of the work. */
export async function showProgress<Result>(
  output: Output,
  what: string,
  work: (say: (howFar: string) => void) => Promise<Result>,
): Promise<Result> {
  let seconds = 0
  let howFar = ''
  const timer = setInterval(() => {
    seconds++
    output.progress(`${what}${howFar === '' ? '' : `, ${howFar}`}, ${seconds} s`)
  }, INTERVAL_MS)
  try {
    return await work((text) => {
      howFar = text
    })
  } finally {
    clearInterval(timer)
    output.progress(undefined)
  }
}

/**
 * Shows on a terminal, every second, that a command still works or what it waits for, unless the command itself shows something. Returns a function
 * that ends this.
 */
export function showStillWorking(output: Output, waits: LockWaits): () => void {
  let seconds = 0
  const timer = setInterval(() => {
    seconds++
    const waiting = waits.text()
    if (waiting !== undefined) output.progress(`${waiting}, ${seconds} s`)
    else output.idle(`working, ${seconds} s`)
  }, INTERVAL_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    waits.stop()
    output.progress(undefined)
  }
}
