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
import { status } from '@grpc/grpc-js'

/** The fields of an error of the transport. */
interface CallError {
  readonly code?: unknown
  readonly details?: unknown
  readonly metadata?: { get(name: string): readonly unknown[] }
}

/** Returns the status of a failed call; undefined for other errors. */
export function callCode(error: unknown): number | undefined {
  const { code } = (error ?? {}) as CallError
  return typeof code === 'number' ? code : undefined
}

/** Returns the class of an error of Spark or Delta, such as `DELTA_CONCURRENT_APPEND.WITHOUT_HINT`; undefined for other errors. */
export function errorClass(error: unknown): string | undefined {
  const { details } = (error ?? {}) as CallError
  return typeof details === 'string'
    ? /^(?:\([\w.]+\) ?)?\[([A-Z][A-Z0-9_]+(?:\.[A-Z][A-Z0-9_]*)*)\]/.exec(details)?.[1]
    : undefined
}

/** Returns the SQLSTATE at the end of the first line of an error of Spark or Delta; undefined for other errors. */
function sqlState(error: unknown): string | undefined {
  const { details } = (error ?? {}) as CallError
  return typeof details === 'string' ? /SQLSTATE: ([0-9A-Z]{5})/.exec(details)?.[1] : undefined
}

/** Returns true if the connection was lost or could not be made: the server has not answered. */
export function isLostConnection(error: unknown): boolean {
  const code = callCode(error)
  if (errorClass(error) !== undefined) return errorClass(error) === 'INVALID_CURSOR.DISCONNECTED'
  return (
    code === status.UNAVAILABLE ||
    code === status.DEADLINE_EXCEEDED ||
    code === status.CANCELLED ||
    code === status.UNKNOWN ||
    // What the transport itself reports about a torn stream.
    (code === status.INTERNAL && /RST_STREAM|stream|socket|Received/i.test(String((error as CallError).details)))
  )
}

const LOST_SESSION =
  /^INVALID_HANDLE\.(SESSION_NOT_FOUND|SESSION_CHANGED|SESSION_CLOSED|OPERATION_NOT_FOUND|OPERATION_ABANDONED)$/

/** Returns true if the server has lost the session or the operation, as after its restart. */
export function isLostSession(error: unknown): boolean {
  return LOST_SESSION.test(errorClass(error) ?? '')
}

/** Returns true if a table, its schema or its folder does not exist. */
export function isMissing(error: unknown): boolean {
  return /^(TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND|PATH_NOT_FOUND|DELTA_(TABLE_NOT_FOUND|PATH_DOES_NOT_EXIST|MISSING_DELTA_TABLE|SCHEMA_NOT_SET|TABLE_ONLY_OPERATION))/.test(
    errorClass(error) ?? '',
  )
}

/** The classes of conflicts that another writer caused. The same call may succeed later; nothing was committed. */
const CONFLICT =
  /^(DELTA_CONCURRENT_|DELTA_(METADATA|PROTOCOL)_CHANGED|DELTA_PROTOCOL_CHANGED|CONCURRENT_|DELTA_VERSIONS_NOT_CONTIGUOUS|DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION|DELTA_TABLE_ALREADY_EXISTS|TABLE_OR_VIEW_ALREADY_EXISTS|SCHEMA_ALREADY_EXISTS|DELTA_MAX_COMMIT_RETRIES_EXCEEDED)/

/** Returns true if another writer changed the table at the same time. */
export function isConflict(error: unknown): boolean {
  return CONFLICT.test(errorClass(error) ?? '')
}

/** Returns true if the server refused an operation before it committed; false if it may have committed, or may still do so. */
export function isRefused(error: unknown): boolean {
  if (isLostSession(error) || isLostConnection(error)) return false
  const found = errorClass(error)
  if (found !== undefined) return !/^(DELTA_POST_COMMIT_HOOK_FAILED|OPERATION_CANCELED)/.test(found)
  const code = callCode(error)
  return code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED || code === status.UNIMPLEMENTED
}

const SCHEMA_CLASS =
  /^(UNRESOLVED_COLUMN|DELTA_SCHEMA|DELTA_FAILED_TO_MERGE_FIELDS|DELTA_INVALID_CHARACTERS|DELTA_DUPLICATE|DELTA_NOT_NULL|DELTA_VIOLATE|DELTA_METADATA_MISMATCH|DATATYPE_MISMATCH|INCOMPATIBLE_DATA|CAST_|NUMERIC_|ARITHMETIC_|INVALID_ARRAY_INDEX)/

/**
 * Converts an error of the server or the connection to a WriterError. The server's text may contain values of rows, so it is kept only in `cause`.
 * `doing` names the failed action with the server.
 */
export function fromServerError(error: unknown, doing: string, options: WriterErrorOptions = {}): WriterError {
  if (isWriterError(error)) return error
  const [serverError, state] = [errorClass(error), sqlState(error)]
  const details: WriterErrorOptions = {
    ...options,
    cause: error,
    context: { ...options.context, serverError, sqlState: state },
  }
  if (isConflict(error)) {
    return new WriterConcurrencyError(`${doing}: another transaction changed the table meanwhile`, details)
  }
  if (serverError === undefined) return transportError(error, doing, details)
  if (isLostSession(error)) {
    return new WriterTableError(`${doing}: the server was restarted or has ended the session`, {
      ...details,
      transient: true,
    })
  }
  if (isMissing(error)) return new WriterTableError(`${doing}: the table does not exist`, details)
  if (SCHEMA_CLASS.test(serverError)) return new WriterSchemaError(`${doing}: values do not fit the table`, details)
  if (/^(UNSUPPORTED|DELTA_UNSUPPORTED|NOT_IMPLEMENTED)/.test(serverError) || state?.startsWith('0A')) {
    return new WriterUnsupportedError(`${doing}: the server does not support it`, details)
  }
  if (serverError.startsWith('OPERATION_CANCELED')) return new WriterPerformanceError(`${doing}: interrupted`, details)
  if (state === '42501') return new WriterTableError(`${doing}: permission denied`, details)
  return new WriterTableError(`${doing}: the server failed (${serverError})`, details)
}

/** Returns the error of a call that did not reach Spark. */
function transportError(error: unknown, doing: string, details: WriterErrorOptions): WriterError {
  switch (callCode(error)) {
    case status.UNAUTHENTICATED:
      return new WriterTableError(`${doing}: the server refused the token, which is missing, wrong or expired`, {
        ...details,
        suggestions: ['Pass token as a function that returns a fresh one, or set SPARK_CONNECT_AUTHENTICATE_TOKEN.'],
      })
    case status.PERMISSION_DENIED:
      return new WriterTableError(`${doing}: permission denied`, details)
    case status.UNIMPLEMENTED:
      return new WriterUnsupportedError(`${doing}: the server does not speak Spark Connect 3.5 or newer`, details)
    case status.RESOURCE_EXHAUSTED:
      return new WriterPerformanceError(`${doing}: the server is out of memory, or a message is too large for it`, {
        ...details,
        suggestions: ['Write smaller batches.'],
      })
    case undefined:
      return new WriterTableError(`${doing}: failed`, details)
  }
  if (isLostConnection(error)) {
    return new WriterTableError(`${doing}: the connection to the server failed`, { ...details, transient: true })
  }
  return new WriterTableError(`${doing}: the server failed`, details)
}
