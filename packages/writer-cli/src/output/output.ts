import { visibleText } from '@forge/writer-core/text'
import type { TextStream } from '../host.ts'
import { type Clock, createClock } from './clock.ts'
import { SCHEMA_VERSION, toJson } from './json.ts'
import { coloured, plain, type Style, wantsColour } from './style.ts'
import { wrapLine } from './wrap.ts'

/** The output of a command: data goes to standard output, everything else to standard error. */
export interface Output {
  readonly isJson: boolean
  /** True if standard output is a terminal. */
  readonly isTerminal: boolean
  /** Columns of the terminal; undefined in a pipe, in which nothing is cut. */
  readonly width: number | undefined
  /** The clock in which times are printed. */
  readonly clock: Clock
  /** Styles text for standard output. */
  readonly style: Style
  /** Prints lines of data, and waits if the reader is slow. Text from outside must be sanitized first. */
  print(...lines: readonly string[]): Promise<void>
  /** Prints the object with its schemaVersion if --json is given, otherwise the lines; on a terminal, long ones are broken between words. */
  result(value: object, lines: () => Iterable<string>): Promise<void>
  /** Prints one line of NDJSON. */
  jsonLine(value: unknown): Promise<void>
  /** Prints a message that is not data. */
  note(text: string): void
  warn(text: string): void
  /** Shows on a terminal what is being done; undefined clears it. */
  progress(text: string | undefined): void
  /** Shows on a terminal that work goes on, unless `progress` shows what is being done. */
  idle(text: string): void
}

export interface OutputOptions {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly json?: boolean | undefined
  /** The zone in which times are printed. Default: UTC. */
  readonly timeZone?: string | undefined
  /** False for --no-color. Default: true. */
  readonly colour?: boolean | undefined
}

export function createOutput({ stdout, stderr, env, timeZone, json = false, colour = true }: OutputOptions): Output {
  const isTerminal = stdout.isTTY === true
  const style = wantsColour({ colour, env, isTerminal }) ? coloured : plain
  const messageStyle = wantsColour({ colour, env, isTerminal: stderr.isTTY === true }) ? coloured : plain
  const line = progressLine(stderr, env)
  let isSpecific = false
  const progress = (text: string | undefined) => {
    isSpecific = text !== undefined
    line(text)
  }
  const print = async (...lines: readonly string[]) => {
    progress(undefined)
    if (lines.length === 0 || stdout.write(`${lines.join('\n')}\n`)) return
    await new Promise<void>((resolve) => stdout.once('drain', resolve))
  }
  const width = widthOf(stdout, env)
  const messageWidth = widthOf(stderr, env)
  const say = (text: string) => {
    progress(undefined)
    stderr.write(`${wrapLines(text.split('\n'), messageWidth).join('\n')}\n`)
  }
  return {
    isJson: json,
    isTerminal,
    width,
    clock: createClock(timeZone),
    style,
    print,
    result: (value, lines) =>
      json ? print(toJson({ schemaVersion: SCHEMA_VERSION, ...value }, 2)) : print(...wrapLines(lines(), width)),
    jsonLine: (value) => print(toJson(value)),
    note: (text) => say(visibleText(text)),
    warn: (text) => say(`${messageStyle('yellow', 'warning:')} ${visibleText(text)}`),
    progress,
    idle(text) {
      if (!isSpecific) line(text)
    },
  }
}

const MIN_WIDTH = 40

/** Returns the columns of a terminal; undefined for other streams. */
function widthOf({ isTTY, columns }: TextStream, env: OutputOptions['env']): number | undefined {
  return isTTY === true ? Math.max(MIN_WIDTH, columns ?? (Number(env.COLUMNS) || 80)) : undefined
}

function wrapLines(lines: Iterable<string>, width: number | undefined): string[] {
  return width === undefined ? [...lines] : [...lines].flatMap((line) => wrapLine(line, width))
}

/** Returns a function that rewrites one line of a terminal. It prints nothing elsewhere, nor in CI, because it would fill the log. */
function progressLine(stderr: TextStream, env: OutputOptions['env']): (text: string | undefined) => void {
  if (stderr.isTTY !== true || env.TERM === 'dumb' || env.CI) return () => undefined
  let isShown = false
  return (text) => {
    if (text === undefined && !isShown) return
    isShown = text !== undefined
    stderr.write(`\r\u001b[2K${visibleText(text ?? '').slice(0, (stderr.columns ?? 80) - 1)}`)
  }
}
