import type { Output } from './output.ts'

const TELL_EVERY_MS = 1000

/** Tells on a terminal, from the first second on, what takes long; `say` adds how far it is. */
export async function tellWhile<Result>(
  output: Output,
  what: string,
  work: (say: (howFar: string) => void) => Promise<Result>,
): Promise<Result> {
  let seconds = 0
  let howFar = ''
  const timer = setInterval(() => {
    seconds++
    output.progress(`${what}${howFar === '' ? '' : `, ${howFar}`}, ${seconds} s`)
  }, TELL_EVERY_MS)
  try {
    return await work((text) => {
      howFar = text
    })
  } finally {
    clearInterval(timer)
    output.progress(undefined)
  }
}
