import { WriterError, type WriterErrorOptions } from './writer-error.ts'

/** Reports settings that are missing, unknown or out of range; `context.problems` lists all of them. */
export class WriterConfigurationError extends WriterError {
  override name = 'WriterConfigurationError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('CONFIGURATION', message, options)
  }
}

/** Reports rows that are not valid log rows; `context.problems` names the row, the field and what was expected. */
export class WriterValidationError extends WriterError {
  override name = 'WriterValidationError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('VALIDATION', message, { committed: 'no', ...options })
  }
}

/** Reports a write that a quality gate stopped; nothing was written. */
export class WriterDataQualityError extends WriterError {
  override name = 'WriterDataQualityError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('DATA_QUALITY', message, { committed: 'no', ...options })
  }
}

/** Reports rows that do not fit the stored table: a missing column, a narrower type, an incompatible change. */
export class WriterSchemaError extends WriterError {
  override name = 'WriterSchemaError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('SCHEMA', message, options)
  }
}

/** Reports a table or file that cannot be read or written: missing, damaged, no space, no permission. */
export class WriterTableError extends WriterError {
  override name = 'WriterTableError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('TABLE', message, options)
  }
}

/**
 * Reports that another writer won, or held the table until the deadline. Conflicts are transient; a lock that was waited for until its deadline is
 * not.
 */
export class WriterConcurrencyError extends WriterError {
  override name = 'WriterConcurrencyError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('CONCURRENCY', message, { transient: true, ...options })
  }
}

/** Reports that a limit of memory or time was reached. */
export class WriterPerformanceError extends WriterError {
  override name = 'WriterPerformanceError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('PERFORMANCE', message, options)
  }
}

/** Reports what the storage, the installed packages or the platform cannot do; `suggestions` names what can. */
export class WriterUnsupportedError extends WriterError {
  override name = 'WriterUnsupportedError'
  constructor(message: string, options?: WriterErrorOptions) {
    super('UNSUPPORTED', message, { committed: 'no', ...options })
  }
}
