import { isWriterError, type WriterErrorOptions, WriterTableError } from '@forge/writer-core'

/** Returns the error of a store that cannot be reached or refuses access, which says nothing about the objects in it. */
export function storeFailure(message: string, { context, ...options }: WriterErrorOptions = {}): WriterTableError {
  return new WriterTableError(message, { committed: 'no', ...options, context: { ...context, store: 'unreachable' } })
}

/** Returns true for an error that {@link storeFailure} has made. */
export function isStoreFailure(error: unknown): boolean {
  return isWriterError(error) && error.context.store === 'unreachable'
}

/** Returns a handler of errors that resolves with `value` if an object is damaged or missing, and rethrows failures of the store. */
export function damageAs<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (isStoreFailure(error)) throw error
    return value
  }
}
