import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/** A connection to the embedded engine that reads and writes Parquet; times are in UTC. */
export interface Engine {
  readonly connection: DuckDBConnection
  close(): void
}

export async function openEngine(): Promise<Engine> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("set TimeZone = 'UTC'")
  return {
    connection,
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Rows of a query whose columns are all text. */
export async function textRows(engine: Engine, sql: string): Promise<(string | null)[][]> {
  const reader = await engine.connection.runAndReadAll(sql)
  return reader.getRows().map((row) => row.map((value) => (typeof value === 'string' ? value : null)))
}
