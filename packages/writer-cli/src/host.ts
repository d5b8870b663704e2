import type { Readable } from 'node:stream'

/** A stream for text, with the properties of its terminal if it has one. */
export interface TextStream {
  write(text: string | Uint8Array): boolean
  once(event: 'drain', listener: () => void): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** The process in which commands run; tests pass their own. */
export interface Host {
  readonly stdin: Readable
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly now: () => Date
  readonly signal: AbortSignal
  /** Lets signals of the system abort `signal` from now on. Before, they end the process, which holds nothing yet. Default: nothing is done. */
  readonly watchSignals?: (() => void) | undefined
}
