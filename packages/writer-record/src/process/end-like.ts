import { constants } from 'node:os'

/** The end of a command. */
export interface CommandEnd {
  readonly exitCode: number
  /** The signal that killed it. */
  readonly signal?: NodeJS.Signals | undefined
}

/**
 * Ends this process as the command ended: by the same signal, so that a shell sees the same, or with the same exit code. A signal that does not end
 * this process becomes 128 plus its number.
 */
export function endLike({ exitCode, signal }: CommandEnd): void {
  if (signal !== undefined && process.platform !== 'win32') {
    restoreDefault(signal)
    process.kill(process.pid, signal)
    // Reached only if the signal is blocked or ignored, or has not arrived yet: a busy wait gives the kernel its chance.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  }
  process.exit(exitCode)
}

/** Returns the exit code by which shells report a signal. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0)
}

/** Node ignores SIGPIPE; adding and removing a listener restores the default action of the system. */
function restoreDefault(signal: NodeJS.Signals): void {
  if (signal === 'SIGKILL' || signal === 'SIGSTOP') return
  process.removeAllListeners(signal)
  const ignore = () => undefined
  process.on(signal, ignore)
  process.off(signal, ignore)
}
