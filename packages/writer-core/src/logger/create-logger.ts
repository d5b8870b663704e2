import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { Logger, LogLevel } from './logger.ts'

const RANK: Record<LogLevel, number> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, silent: 100 }

export interface LoggerOptions {
  /** The minimum level to write; a function is called for each entry. Default `info`. */
  readonly level?: (LogLevel | (() => LogLevel)) | undefined
  /** Writes one JSON line. Default: to standard error. */
  readonly write?: ((line: string) => void) | undefined
  readonly now?: (() => Date) | undefined
}

/** Creates a logger that writes one JSON object per line: time, level, name, message and the fields of the call. */
export function createLogger(name: string, options: LoggerOptions = {}): Logger {
  assertOptions('createLogger', options, { level: isLevel, write: option.action, now: option.clock })
  const { level = 'info', write = (line) => void process.stderr.write(line), now = () => new Date() } = options
  const method = (of: Exclude<LogLevel, 'silent'>): Logger['info'] => {
    if (typeof level !== 'function' && RANK[of] < RANK[level]) return () => {}
    return (fields, message) => {
      if (typeof level === 'function' && RANK[of] < RANK[level()]) return
      const entry = { time: now().toISOString(), level: of, name, message, ...fields }
      write(`${JSON.stringify(entry, printable)}\n`)
    }
  }
  return {
    trace: method('trace'),
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
  }
}

function isLevel(value: unknown): string | undefined {
  return typeof value === 'function' ? undefined : option.oneOf(Object.keys(RANK))(value)
}

function printable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  // The cause of an error may contain an engine's message, which can quote data.
  if (value instanceof Error) return { name: value.name, message: value.message }
  return value
}
