export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** The logger interface; any logger with pino's methods fits. */
export interface Logger {
  readonly trace: LogMethod
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

const METHODS = ['trace', 'debug', 'info', 'warn', 'error'] as const satisfies readonly (keyof Logger)[]

/** Checks an option that is a logger. */
export function checkLogger(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  const isLogger = isObject && METHODS.every((name) => typeof Reflect.get(value, name) === 'function')
  return isLogger ? undefined : `must be a logger with the methods ${METHODS.join(', ')}`
}
