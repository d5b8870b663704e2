import type { LogWriter } from '@forge/writer-core'

/** The methods of the guide that belong to packages beside core: each one line over the function of its package. */
export function guideMethods(_writer: LogWriter) {
  return {}
}

export type GuideMethods = ReturnType<typeof guideMethods>
