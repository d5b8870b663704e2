import type { Session } from '@forge/writer-storage-duckdb/engine'

/** Returns the rows of a query whose columns are all text. */
export async function textRows({ connection }: Session, sql: string): Promise<(string | null)[][]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRows().map((row) => row.map((value) => (typeof value === 'string' ? value : null)))
}
