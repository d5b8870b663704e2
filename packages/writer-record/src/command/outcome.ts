import { type CommandEnd, exitCodeOf } from '../process/end-like.ts'
import { NOT_EXECUTABLE, NOT_FOUND, type ProcessEnd } from '../process/spawn-command.ts'
import type { CommandStatus } from '../spool/entry.ts'

/** The outcome of a run, by the end of its command. */
export interface Outcome {
  /** The way in which `record` ends. */
  readonly end: CommandEnd
  readonly status: CommandStatus
  readonly errorMessage?: string | undefined
}

/** The exit code after a timeout, as of `timeout` of coreutils. */
const TIMED_OUT = 124

/** Returns the outcome of a command that has ended. `timeout` and `stopped` describe whether this process ended it. */
export function outcomeOf(
  { exitCode, signal, startError }: ProcessEnd,
  {
    timeout,
    stopped,
  }: { readonly timeout?: 'term' | 'kill' | undefined; readonly stopped?: NodeJS.Signals | undefined },
): Outcome {
  if (startError) return { end: { exitCode }, status: 'error', errorMessage: startProblem(exitCode, startError) }
  if (timeout !== undefined) {
    const end = { exitCode: timeout === 'kill' ? exitCodeOf('SIGKILL') : TIMED_OUT }
    return { end, status: 'timeout', errorMessage: `timed out${timeout === 'kill' ? ' and was killed' : ''}` }
  }
  const end = { exitCode, signal }
  if (exitCode === 0 && signal === undefined) return { end, status: 'success' }
  const how = signal === undefined ? `exit code ${exitCode}` : `killed by ${signal}`
  if (stopped !== undefined) return { end, status: 'cancelled', errorMessage: `stopped by ${stopped}: ${how}` }
  return { end, status: signal === undefined ? 'failed' : 'error', errorMessage: how }
}

function startProblem(exitCode: number, { code }: NodeJS.ErrnoException): string {
  if (exitCode === NOT_FOUND) return 'command not found'
  return exitCode === NOT_EXECUTABLE && code === 'EACCES'
    ? 'permission denied'
    : `could not start (${code ?? 'unknown error'})`
}
