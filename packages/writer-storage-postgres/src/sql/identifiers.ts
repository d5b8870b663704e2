import { WriterConfigurationError, WriterSchemaError } from '@forge/writer-core'
import { assertIdentifier } from '@forge/writer-core/storage'

/** The number of bytes of a name that the server keeps. It cuts longer names without an error, so they are refused. */
const MAX_NAME_BYTES = 63

/** Returns the name in double quotes for SQL. */
export function quoteIdentifier(name: string): string {
  assertIdentifier(name)
  return `"${name.replaceAll('"', '""')}"`
}

/** Returns the quoted name of a table with its schema. */
export function qualifiedName(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

/** Throws WriterConfigurationError for the name of a schema or table that the server cannot keep. */
export function assertTableName(name: string, what: string): void {
  assertIdentifier(name, what)
  if (!isTooLong(name)) return
  throw new WriterConfigurationError(`${what} must have at most ${MAX_NAME_BYTES} bytes`, {
    context: { what },
    committed: 'no',
  })
}

/** Throws WriterSchemaError for columns whose names the server cannot keep. */
export function assertColumnNames(names: readonly string[]): void {
  const long = names.filter(isTooLong)
  if (long.length === 0) return
  throw new WriterSchemaError(`names of columns must have at most ${MAX_NAME_BYTES} bytes: ${long.join(', ')}`, {
    context: { columns: long },
    committed: 'no',
  })
}

function isTooLong(name: string): boolean {
  return Buffer.byteLength(name) > MAX_NAME_BYTES
}
