import { Readable } from 'node:stream'
import type { Host } from '../src/host.ts'
import { main } from '../src/main.ts'

export interface CliRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** Makes standard output a terminal of this width. */
  readonly columns?: number
  readonly signal?: AbortSignal
}

/** Runs a command line in this process. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<CliRun> {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write(text: string | Uint8Array) {
      written[name] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
      return true
    },
    once: () => undefined,
    ...(options.columns && { isTTY: true, columns: options.columns }),
  })
  const host: Host = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env: { HOME: options.cwd, ...options.env },
    cwd: options.cwd,
    now: () => new Date('2026-11-30T12:00:00Z'),
    signal: options.signal ?? new AbortController().signal,
  }
  const code = await main(argv, host)
  return { code, ...written }
}
