/** The exit codes of the process. `breach` means that the command worked, but a check failed. */
export const EXIT = { ok: 0, failure: 1, usage: 2, breach: 3, interrupted: 130 } as const
