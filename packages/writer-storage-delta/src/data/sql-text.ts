import { quoteText } from '@forge/writer-storage-duckdb/engine'

/** A list of files to read, as the engine takes it: characters that it would take for a pattern stand for themselves. */
export function fileList(addresses: readonly string[]): string {
  return `[${addresses.map((address) => quoteText(address.replace(/[[*?]/g, '[$&]'))).join(', ')}]`
}
