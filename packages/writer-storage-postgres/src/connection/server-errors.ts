import {
  isWriterError,
  WriterConcurrencyError,
  type WriterError,
  type WriterErrorOptions,
  WriterPerformanceError,
  WriterSchemaError,
  WriterTableError,
  WriterUnsupportedError,
} from '@forge/writer-core'

/** The SQLSTATE of an append whose batch is already stored, or whose table differs from the mark that the writer knows. */
export const NOT_AS_KNOWN = 'FW001'

/** The fields of an error of the server or the driver that decide about it. */
interface ServerError {
  readonly code?: unknown
  readonly message?: unknown
  /** The schema of the table whose constraint was violated. */
  readonly schema?: unknown
}

/** Returns the SQLSTATE or the code of the network error; undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as ServerError | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/**
 * The codes of errors of transactions that another one caused: a serialization failure, a deadlock, and tables, schemas and columns that appeared,
 * disappeared or changed after they were looked up. The same call may succeed later.
 */
const CONFLICTS = new Set(['40001', '40P01', '42P01', '42P06', '42P07', '42703', '22P03', '3F000'])
/** The schemas of tables whose unique constraints only concurrent transactions violate: the journal, and the catalogue in which tables are created. */
const SHARED_SCHEMAS = new Set<unknown>(['forge_writer', 'pg_catalog'])
/** The messages of internal errors that a concurrent change of a table causes. The server does not translate them. */
const INTERNAL_CONFLICT =
  /^(tuple concurrently (updated|deleted)|cache lookup failed for|could not open relation with OID)/
const UNTRUSTED = /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_|HOSTNAME_MISMATCH|ERR_TLS)/

/** The servers of errors, as postgres://host:port/database. */
const SERVERS = new WeakMap<object, string>()

/** Resolves with the result of the work. Notes for {@link fromServerError} from which server an error came. */
export async function noteServer<Result>(location: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (typeof error === 'object' && error !== null && !SERVERS.has(error)) SERVERS.set(error, location)
    throw error
  }
}

/** Returns true if another transaction stored the same batch, or created the same table, at the same time. */
export function isTaken(error: unknown): boolean {
  return errorCode(error) === '23505' && SHARED_SCHEMAS.has((error as ServerError).schema)
}

/** Returns true if a table, a function or a schema does not exist. */
export function isMissing(error: unknown): boolean {
  return ['42P01', '42883', '3F000'].includes(errorCode(error) ?? '')
}

/** Returns true if the server refused a statement of a transaction, which it then rolls back; false if a connection may have been lost. */
export function isAnswered(error: unknown): boolean {
  const code = errorCode(error)
  return (
    code !== undefined &&
    code !== '40003' &&
    (code === '57014' || code === NOT_AS_KNOWN || /^(22|23|40|42|55)[0-9A-Z]{3}$/.test(code))
  )
}

/**
 * Converts an error of the server or the connection to a WriterError. The server's text may contain values of rows, so it is kept only in `cause`.
 * `what` names the failed action. The message and the context name the server that {@link noteServer} noted.
 */
export function fromServerError(error: unknown, what: string, options: WriterErrorOptions = {}): WriterError {
  if (isWriterError(error)) return error
  const code = errorCode(error)
  const server = typeof error === 'object' && error !== null ? SERVERS.get(error) : undefined
  const context = { ...options.context, serverError: code, ...(server !== undefined && { server }) }
  const details: WriterErrorOptions = { ...options, cause: error, context }
  const doing = server === undefined ? what : `${what} at ${server}`
  if (isConflict(error, code)) {
    return new WriterConcurrencyError(`${doing}: another transaction changed the table meanwhile`, details)
  }
  return code === undefined || !/^[0-9A-Z]{5}$/.test(code)
    ? connectionError(error, code, doing, details)
    : stateError(code, doing, details)
}

function isConflict(error: unknown, code: string | undefined): boolean {
  if (code === undefined) return false
  if (code === 'XX000') return INTERNAL_CONFLICT.test(String((error as ServerError).message))
  return CONFLICTS.has(code) || isTaken(error)
}

/** Returns the error of a connection that was never made, or was lost. */
function connectionError(
  error: unknown,
  code: string | undefined,
  doing: string,
  details: WriterErrorOptions,
): WriterError {
  if (code !== undefined && UNTRUSTED.test(code)) {
    return new WriterTableError(`${doing}: the certificate of the server is not trusted`, {
      ...details,
      suggestions: [
        'Name the certificate of its authority in the address: ?sslrootcert=ca.pem.',
        'Use a host name that the certificate contains, or sslmode=verify-ca.',
      ],
    })
  }
  const text = String((error as ServerError | undefined)?.message)
  if (text.startsWith('SASL:')) return refusedUser(doing, details)
  if (/does not support SSL/.test(text)) {
    return new WriterTableError(`${doing}: the server does not encrypt connections`, {
      ...details,
      suggestions: ['Turn on ssl in the server, or accept connections in plain text: ?sslmode=disable.'],
    })
  }
  return new WriterTableError(`${doing}: the connection to the server failed`, { ...details, transient: true })
}

/** Returns the error of an SQLSTATE. Errors of the same class of the manual have the same kind. */
function stateError(code: string, doing: string, details: WriterErrorOptions): WriterError {
  switch (code) {
    case '55P03':
      return new WriterConcurrencyError(`${doing}: another transaction held the table until lockTimeoutMs`, {
        ...details,
        transient: false,
      })
    case '57014':
      return new WriterPerformanceError(`${doing}: interrupted`, details)
    case '28P01':
    case '28000':
      return refusedUser(doing, details)
    case '42501':
      return new WriterTableError(`${doing}: permission denied`, details)
    case '3D000':
      return new WriterTableError(`${doing}: the database does not exist`, details)
    case '25006':
      return new WriterUnsupportedError(`${doing}: the server accepts no writes`, {
        ...details,
        suggestions: ['Use the address of the primary server, or turn off default_transaction_read_only.'],
      })
  }
  switch (code.slice(0, 2)) {
    case '22':
    case '23':
      return new WriterSchemaError(`${doing}: values do not fit the table`, details)
    case '53':
      return new WriterTableError(`${doing}: the server is out of disk, memory or connections`, {
        ...details,
        transient: true,
      })
    case '08':
    case '57':
      return new WriterTableError(`${doing}: the connection to the server failed`, { ...details, transient: true })
    default:
      return new WriterTableError(`${doing}: the server failed`, details)
  }
}

function refusedUser(doing: string, details: WriterErrorOptions): WriterError {
  return new WriterTableError(`${doing}: the server refused the user or the password`, {
    ...details,
    suggestions: ['Check the user of the address, and PGPASSWORD or the password file.'],
  })
}
