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
