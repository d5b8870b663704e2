/** How the process ends. `breach`: the tool worked, and a gate or check did not hold. */
export const EXIT = { ok: 0, failure: 1, usage: 2, breach: 3, interrupted: 130 } as const
