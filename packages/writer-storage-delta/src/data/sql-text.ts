import { WriterConfigurationError } from '@forge/writer-core'

/** A string constant. A NUL would cut the statement off. */
export function quoteText(text: string): string {
  assertNoNul(text)
  return `'${text.replaceAll("'", "''")}'`
}

export function quoteName(name: string): string {
  assertNoNul(name)
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(', ')}]`
}

function assertNoNul(text: string): void {
  if (text.includes('\0')) throw new WriterConfigurationError('a name or value for the engine holds a NUL character')
}
