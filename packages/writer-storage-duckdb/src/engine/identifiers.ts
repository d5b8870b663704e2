import { assertIdentifier } from '@forge/writer-core/storage'

/** Returns the name in double quotes for SQL. Throws WriterConfigurationError for names that no engine can store, such as one with a NUL. */
export function quoteIdentifier(name: string): string {
  assertIdentifier(name)
  return `"${name.replaceAll('"', '""')}"`
}

/** Returns quoted names joined by dots: `"a"."b"."c"`. */
export function qualifiedName(...parts: readonly string[]): string {
  return parts.map(quoteIdentifier).join('.')
}

/**
 * Returns text as a SQL literal, for statements that take no parameters (ATTACH, options of COPY). Throws TypeError for a NUL, which would truncate
 * the statement.
 */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new TypeError('text with a NUL cannot be part of SQL')
  return `'${text.replaceAll("'", "''")}'`
}
