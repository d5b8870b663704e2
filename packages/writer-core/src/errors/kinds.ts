import { WriterError, type WriterErrorOptions } from './writer-error.ts'

/** A setting is missing, unknown or out of range; `context.problems` lists every one of them. */
export class WriterConfigurationError extends WriterError {
  override name = 'WriterConfigurationError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('CONFIGURATION', message, options)
  }
}

/** A row is not a log row; `context.problems` says which row, which field and what was expected. */
export class WriterValidationError extends WriterError {
  override name = 'WriterValidationError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('VALIDATION', message, { committed: 'no', ...options })
  }
}

/** A quality gate stopped the write; nothing was written. */
export class WriterDataQualityError extends WriterError {
  override name = 'WriterDataQualityError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('DATA_QUALITY', message, { committed: 'no', ...options })
  }
}

/** Rows do not fit the stored table: a missing column, a narrower type, an incompatible change. */
export class WriterSchemaError extends WriterError {
  override name = 'WriterSchemaError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('SCHEMA', message, options)
  }
}

/** The table or its files cannot be read or written: missing, damaged, no space, no permission. */
export class WriterTableError extends WriterError {
  override name = 'WriterTableError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('TABLE', message, options)
  }
}

/** Another writer won, or held the table until the deadline. Transient unless said otherwise: what was waited for to a deadline is not tried again. */
export class WriterConcurrencyError extends WriterError {
  override name = 'WriterConcurrencyError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('CONCURRENCY', message, { transient: true, ...options })
  }
}

/** A limit of memory or time was reached. */
export class WriterPerformanceError extends WriterError {
  override name = 'WriterPerformanceError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('PERFORMANCE', message, options)
  }
}

/** The storage, the package set or the platform cannot do this; `suggestions` names what can. */
export class WriterUnsupportedError extends WriterError {
  override name = 'WriterUnsupportedError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('UNSUPPORTED', message, { committed: 'no', ...options })
  }
}
