import { assertIdentifier } from '@forge/writer-core'

/** The name in double quotes, ready for SQL. Throws WriterConfigurationError for names that no engine can keep, such as one with a NUL. */
export function quoteIdentifier(name: string): string {
  assertIdentifier(name)
  return `"${name.replaceAll('"', '""')}"`
}

/** `"a"."b"."c"` */
export function qualifiedName(...parts: readonly string[]): string {
  return parts.map(quoteIdentifier).join('.')
}

/** Text as a SQL literal, for the few statements that take no parameters (ATTACH, COPY options). Throws for a NUL, which would cut the statement off. */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new TypeError('text with a NUL cannot stand in SQL')
  return `'${text.replaceAll("'", "''")}'`
}
