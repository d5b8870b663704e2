import { currentFolder } from './command/current-folder.ts'
import { EXIT } from './command/exit-code.ts'
import type { Host } from './host.ts'

/** The time that an interrupted command may take to roll back and to close what it opened. */
const GRACE_MS = 800

/**
 * Creates the host of a real process. Ctrl-C, SIGTERM and SIGHUP abort the signal, so that the command rolls back and exits with 130; it exits
 * after {@link GRACE_MS} at the latest, as if it had been killed, and a second signal exits immediately. A closed pipe (`| head`) ends the process
 * without an error; if standard output cannot be written for another reason, it exits with 1.
 */
export function processHost(): Host {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(EXIT.interrupted)
      interruption.abort()
      setTimeout(() => process.exit(EXIT.interrupted), GRACE_MS).unref()
    })
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
    process.stderr.write(`error: cannot write to standard output (${error.code})\n`)
    process.exit(EXIT.failure)
  })
  // If nobody reads the messages, the work still goes on.
  process.stderr.on('error', () => undefined)
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: currentFolder(),
    now: () => new Date(),
    signal: interruption.signal,
  }
}
