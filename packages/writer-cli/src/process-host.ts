import { currentFolder } from './command/current-folder.ts'
import { EXIT, EXIT_OF_SIGNAL, Interruption } from './command/exit-code.ts'
import type { Host } from './host.ts'

/** The time that an interrupted command has to roll back and to close what it opened. */
const GRACE_MS = 500

/**
 * Creates the host of a real process. Once signals are watched, Ctrl-C, SIGTERM and SIGHUP abort the signal, so that the command rolls back and exits
 * with the code of the signal; after {@link GRACE_MS}, and at a second signal, the signal ends the process. A closed
 * pipe (`| head`) ends the process without an error; if standard output cannot be written for another reason, it exits with 1.
 */
export function processHost(): Host {
  const interruption = new AbortController()
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
    watchSignals: () => abortOnSignals(interruption),
  }
}

function abortOnSignals(interruption: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) endBy(signal)
      interruption.abort(new Interruption(signal))
      setTimeout(() => endBy(signal), GRACE_MS).unref()
    })
  }
}

/**
 * Ends the process as the signal does by default. The normal exit waits for the threads of an engine, which cannot be interrupted within a long
 * expression; only what is removed at the exit of the process is still removed.
 */
function endBy(signal: keyof typeof EXIT_OF_SIGNAL): never {
  process.emit('exit', EXIT_OF_SIGNAL[signal])
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // The first process of a container does not die by its own signals.
  process.exit(EXIT_OF_SIGNAL[signal])
}
