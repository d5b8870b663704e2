import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { realisticRows } from '@forge/fixtures'
import { openWriter } from './open-writer.ts'

const CHUNK_ROWS = 500_000

/** Writes a log of this many rows, ten of each run, and returns the path of its DuckDB file. */
export async function writeLargeLog(rows: number, directory: string): Promise<string> {
  const path = join(directory, `log-${rows}.duckdb`)
  const writer = await openWriter({ path })
  for (let first = 0; first < rows; first += CHUNK_ROWS) {
    // Runs follow each other every five minutes, ten rows each.
    const start = new Date(Date.UTC(2000, 0, 1) + (first / 10) * 300_000)
    await writer.writeLogRows(realisticRows(Math.min(CHUNK_ROWS, rows - first), { seed: 1 + first, start }))
  }
  await writer.close()
  return path
}

/** Opens the engine alone, with the threads and the memory that our storage gives it by default. */
export async function openPlainSql(path: string) {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  await connection.run("set timezone = 'UTC'")
  await connection.run('create temp view log as select * from analytics.pipeline_logs')
  return {
    async run(statements: readonly string[]) {
      for (const sql of statements) await (await connection.runAndReadAll(sql)).getRows()
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
