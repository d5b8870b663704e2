import { EXIT } from './command/exit-code.ts'
import type { Host } from './host.ts'

/**
 * The host of a real process. Ctrl-C, SIGTERM and SIGHUP abort the signal, so that what runs rolls back and ends with 130; a second one ends it at once.
 * A closed pipe (`| head`) is the end of the work, and no error; standard output that cannot be written is a failure.
 */
export function processHost(): Host {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(EXIT.interrupted)
      interruption.abort()
    })
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
    process.stderr.write(`error: standard output cannot be written (${error.code})\n`)
    process.exit(EXIT.failure)
  })
  // Nobody reads the messages: no reason to stop the work that they are about.
  process.stderr.on('error', () => undefined)
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    signal: interruption.signal,
  }
}
