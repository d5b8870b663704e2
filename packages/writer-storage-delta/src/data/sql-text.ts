import { quoteText } from '@forge/writer-storage-duckdb/engine'

/** Returns a list of files in SQL. Escapes the characters that the engine would take for a pattern. */
export function fileList(addresses: readonly string[]): string {
  return `[${addresses.map((address) => quoteText(address.replace(/[[*?]/g, '[$&]'))).join(', ')}]`
}
