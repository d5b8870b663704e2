import type { Output } from './output.ts'

const INTERVAL_MS = 1000

/** Shows on a terminal what is being done and for how long, updated every second; `say` adds how far the work is. */
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
