import { quoteText } from '@forge/writer-storage-duckdb/engine'

/** A list of string constants. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(', ')}]`
}
