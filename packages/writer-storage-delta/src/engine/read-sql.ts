import { quoteText, type Session } from '@forge/writer-storage-duckdb/engine'

/** Returns a list of files in SQL. Escapes the characters that the engine would take for a pattern. */
export function fileList(addresses: readonly string[]): string {
  return `[${addresses.map((address) => quoteText(address.replace(/[[*?]/g, '[$&]'))).join(', ')}]`
}

/** Returns the rows of a query whose columns are all text. */
export async function textRows({ connection }: Session, sql: string): Promise<(string | null)[][]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRows().map((row) => row.map((value) => (typeof value === 'string' ? value : null)))
}
