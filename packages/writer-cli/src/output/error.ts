import { visibleLine, visibleText } from '@forge/writer-core/text'
import type { TextStream } from '../host.ts'
import { asCommand } from './as-command.ts'
import { toJson } from './json.ts'
import type { Style } from './style.ts'
import { wrapLine } from './wrap.ts'

/** The fields of a WriterError that are printed. Any error with these fields is printed the same way, whichever copy of core created it. */
interface PrintedFields {
  readonly code?: string | undefined
  readonly context?: Readonly<Record<string, unknown>> | undefined
  readonly suggestions?: readonly string[] | undefined
  readonly committed?: string | undefined
}

/** Prints an error to standard error: code, message, context, the state of the write, and suggestions; with DEBUG also the stack. */
export function printError(
  error: unknown,
  { stderr, style, debug }: { readonly stderr: TextStream; readonly style: Style; readonly debug: boolean },
): void {
  const { code, context = {}, suggestions = [], committed } = (error ?? {}) as PrintedFields
  const message = error instanceof Error ? error.message : String(error)
  const label = code === undefined ? 'error' : `error ${code}`
  const say = createLineWriter(stderr)
  say(`${style('red', `${visibleLine(label)}:`)} ${visibleText(message)}`)
  for (const [key, value] of Object.entries(context)) {
    if (value === undefined || isIncludedIn(message, value)) continue
    for (const line of contextLines(key, value)) say(`  ${visibleLine(line)}`)
  }
  if (committed === 'yes') say('  The rows were written nevertheless.')
  if (committed === 'unknown') say('  It is unknown whether the rows were written.')
  for (const suggestion of suggestions) say(`  ${style('cyan', 'try:')} ${visibleText(asCommand(suggestion))}`)
  if (debug && error instanceof Error) stderr.write(`${visibleText(withCauses(error))}\n`)
}

const DEFAULT_WIDTH = 80

/** Returns a function that writes lines, which a terminal gets broken between words. */
function createLineWriter(stderr: TextStream): (text: string) => void {
  const width = stderr.isTTY === true ? (stderr.columns ?? DEFAULT_WIDTH) : undefined
  return (text) => {
    for (const line of text.split('\n')) {
      const lines = width === undefined ? [line] : wrapLine(line, width)
      stderr.write(`${lines.join('\n')}\n`)
    }
  }
}

/** Returns whether the message already includes the value, as that of a missing column does. */
function isIncludedIn(message: string, value: unknown): boolean {
  const values: unknown[] = Array.isArray(value) ? value : [value]
  return values.every((each) => typeof each === 'string' && message.includes(each))
}

const MAX_LINES = 20

function contextLines(key: string, value: unknown): string[] {
  if (!Array.isArray(value)) return [`${key}: ${typeof value === 'string' ? value : toJson(value)}`]
  const shown = value.slice(0, MAX_LINES).map((each) => `- ${typeof each === 'string' ? each : fields(each)}`)
  const hidden = value.length - shown.length
  return [`${key}:`, ...shown, ...(hidden > 0 ? [`- and ${hidden} more`] : [])]
}

function fields(value: unknown): string {
  if (typeof value !== 'object' || value === null) return toJson(value)
  return Object.entries(value)
    .map(([key, each]) => `${key}: ${typeof each === 'string' ? each : toJson(each)}`)
    .join(', ')
}

function withCauses(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${withCauses(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
