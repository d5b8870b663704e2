import type { TextStream } from '../host.ts'
import { SCHEMA_VERSION, toJson } from './json.ts'
import { sanitizeLines } from './sanitize.ts'
import { coloured, plain, type Style, wantsColour } from './style.ts'

/** Where a command speaks: data to standard output, everything else to standard error. */
export interface Output {
  readonly isJson: boolean
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  /** Cells per line of the terminal; undefined in a pipe, where nothing is cut. */
  readonly width: number | undefined
  /** For standard output. */
  readonly style: Style
  /** One or more lines of data; waits where the reader is slow. Text from outside is to be sanitised before. */
  print(...lines: readonly string[]): Promise<void>
  /** With --json the object with its schemaVersion, else the lines. */
  result(value: object, lines: () => Iterable<string>): Promise<void>
  /** One row of NDJSON. */
  jsonLine(value: unknown): Promise<void>
  /** A message that is not data. */
  note(text: string): void
  warn(text: string): void
  /** What is going on just now, for terminals only; undefined ends it. */
  progress(text: string | undefined): void
}

export interface OutputOptions {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly json?: boolean
  /** False for --no-color. Default true. */
  readonly colour?: boolean
}

export function createOutput({ stdout, stderr, env, json = false, colour = true }: OutputOptions): Output {
  const isTerminal = stdout.isTTY === true
  const style = wantsColour({ colour, env, isTerminal }) ? coloured : plain
  const messageStyle = wantsColour({ colour, env, isTerminal: stderr.isTTY === true }) ? coloured : plain
  const progress = progressLine(stderr, env)
  const print = async (...lines: readonly string[]) => {
    progress(undefined)
    if (lines.length === 0 || stdout.write(`${lines.join('\n')}\n`)) return
    await new Promise<void>((resolve) => stdout.once('drain', resolve))
  }
  const say = (text: string) => {
    progress(undefined)
    stderr.write(`${text}\n`)
  }
  return {
    isJson: json,
    isTerminal,
    width: isTerminal ? Math.max(40, stdout.columns ?? (Number(env.COLUMNS) || 80)) : undefined,
    style,
    print,
    result: (value, lines) =>
      json ? print(toJson({ schemaVersion: SCHEMA_VERSION, ...value }, 2)) : print(...lines()),
    jsonLine: (value) => print(toJson(value)),
    note: (text) => say(sanitizeLines(text)),
    warn: (text) => say(`${messageStyle('yellow', 'warning:')} ${sanitizeLines(text)}`),
    progress,
  }
}

/** Rewrites one line of a terminal; silent elsewhere and under CI, where it would fill the log. */
function progressLine(stderr: TextStream, env: OutputOptions['env']): (text: string | undefined) => void {
  if (stderr.isTTY !== true || env.TERM === 'dumb' || env.CI) return () => undefined
  let isShown = false
  return (text) => {
    if (text === undefined && !isShown) return
    isShown = text !== undefined
    stderr.write(`\r\u001b[2K${sanitizeLines(text ?? '').slice(0, (stderr.columns ?? 80) - 1)}`)
  }
}
