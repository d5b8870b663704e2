/** The stable, machine-readable kind of a {@link WriterError}; test it with {@link isWriterError}. */
export type WriterErrorCode =
  | 'CONFIGURATION'
  | 'VALIDATION'
  | 'DATA_QUALITY'
  | 'SCHEMA'
  | 'TABLE'
  | 'CONCURRENCY'
  | 'PERFORMANCE'
  | 'UNSUPPORTED'

/** The outcome of a failed write: nothing was stored (`no`), everything was stored (`yes`), or it is not known. */
export type CommittedState = 'yes' | 'no' | 'unknown'

export interface WriterErrorOptions {
  /** Facts for programs: names, counts, limits. Never secrets or whole rows. */
  readonly context?: Readonly<Record<string, unknown>> | undefined
  /** The actions that the reader can take, the most useful first. */
  readonly suggestions?: readonly string[] | undefined
  readonly committed?: CommittedState | undefined
  /** True if the same call may succeed later. Default false. */
  readonly transient?: boolean | undefined
  readonly cause?: unknown | undefined
}

/** The base class of all errors that forge-writer throws on purpose. */
export class WriterError extends Error {
  override name = 'WriterError'
  readonly code: WriterErrorCode
  readonly context: Readonly<Record<string, unknown>>
  readonly suggestions: readonly string[]
  /** The outcome of the write; set on errors of write calls. */
  committed: CommittedState | undefined
  readonly transient: boolean

  constructor(code: WriterErrorCode, message: string, options: WriterErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.context = options.context ?? {}
    this.suggestions = options.suggestions ?? []
    this.committed = options.committed
    this.transient = options.transient ?? false
  }
}

// Two copies of this package may be loaded at once, so a shared symbol identifies the class.
const BRAND = Symbol.for('@forge/writer-core.WriterError')
Object.defineProperty(WriterError.prototype, BRAND, { value: true })

/** Returns whether `error` is a {@link WriterError}, and of `code` if one is given; works across copies of the package. */
export function isWriterError(error: unknown, code?: WriterErrorCode): error is WriterError {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
  return code === undefined || (error as unknown as WriterError).code === code
}
