import type { Readable } from 'node:stream'

/** A stream to write text to, and what is known of the terminal behind it. */
export interface TextStream {
  write(text: string | Uint8Array): boolean
  once(event: 'drain', listener: () => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** The process around the commands; tests pass their own. */
export interface Host {
  readonly stdin: Readable
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly now: () => Date
  readonly signal: AbortSignal
}
