import {
  isWriterError,
  WriterConcurrencyError,
  type WriterError,
  type WriterErrorOptions,
  WriterPerformanceError,
  WriterSchemaError,
  WriterTableError,
} from '@forge/writer-core'

/** Returns the SQLSTATE or the code of the network error; undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** The codes of errors that another transaction caused. The same call may succeed later. */
const CONFLICTS = new Set(['40001', '40P01', '42P01', '42P06', '42P07', '42703', '22P03', '23505', '3F000', 'XX000'])

/**
 * Converts an error of the server or the connection to a WriterError. The server's text may contain values of rows, so it is kept only in `cause`.
 * `doing` names the failed action.
 */
export function fromServerError(error: unknown, doing: string, options: WriterErrorOptions = {}): WriterError {
  if (isWriterError(error)) return error
  const code = errorCode(error)
  const details: WriterErrorOptions = { ...options, cause: error, context: { ...options.context, serverError: code } }
  if (code === '55P03') {
    return new WriterConcurrencyError(`${doing}: another transaction held the table until lockTimeoutMs`, {
      ...details,
      transient: false,
    })
  }
  if (code !== undefined && CONFLICTS.has(code)) {
    return new WriterConcurrencyError(`${doing}: another transaction changed the table meanwhile`, details)
  }
  if (code === '57014') return new WriterPerformanceError(`${doing}: interrupted`, details)
  if (code !== undefined && /^(22|23)/.test(code)) {
    return new WriterSchemaError(`${doing}: values do not fit the table`, details)
  }
  if (code === '28P01' || code === '28000') {
    return new WriterTableError(`${doing}: the server refused the user or the password`, {
      ...details,
      suggestions: ['Check the user of the address, and PGPASSWORD or the password file.'],
    })
  }
  if (code === '42501') return new WriterTableError(`${doing}: permission denied`, details)
  if (code === '3D000') return new WriterTableError(`${doing}: the database does not exist`, details)
  if (code === undefined || /^(08|53|57|58|E|SELF|DEPTH|UNABLE|CERT)/.test(code)) {
    return new WriterTableError(`${doing}: the connection to the server failed`, { ...details, transient: true })
  }
  return new WriterTableError(`${doing}: the server failed`, details)
}
