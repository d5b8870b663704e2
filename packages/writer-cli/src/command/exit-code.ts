/** The exit codes of the process. `breach` means that the command worked, but a check failed. */
export const EXIT = { ok: 0, failure: 1, usage: 2, breach: 3 } as const

/** The signals that end a command, with its exit code, which is that of a shell. */
export const EXIT_OF_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** The reason of an abort by a signal of the system. */
export class Interruption extends Error {
  readonly exitCode: number
  constructor(signal: keyof typeof EXIT_OF_SIGNAL) {
    super(`interrupted by ${signal}`)
    this.exitCode = EXIT_OF_SIGNAL[signal]
  }
}

/** Returns the exit code of a command whose signal was aborted. */
export function interruptedExit({ reason }: AbortSignal): number {
  return reason instanceof Interruption ? reason.exitCode : EXIT_OF_SIGNAL.SIGINT
}
