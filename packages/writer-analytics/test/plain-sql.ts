import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { LogRowInput } from '@forge/writer-core'
import { openLog, STORAGES } from './logs.ts'

export type SqlRow = Readonly<Record<string, unknown>>

/** The same rows in a DuckDB file, asked by SQL that is written by hand. */
export interface PlainSql extends AsyncDisposable {
  rows(sql: string): Promise<SqlRow[]>
}

/** Stores the rows; `log` in the SQL is their table. Figures come out as numbers, times as epoch milliseconds. */
export async function plainSql(rows: readonly LogRowInput[]): Promise<PlainSql> {
  const { duckdb } = STORAGES
  if (!duckdb) throw new Error('no DuckDB storage')
  const log = await openLog(duckdb)
  await log.write(rows)
  await log.source.storage.close()
  const instance = await DuckDBInstance.create(join(log.directory, 'logs.duckdb'), { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  await connection.run("set timezone = 'UTC'")
  await connection.run('create temp view log as select * from analytics.pipeline_logs')
  return {
    async rows(sql) {
      const reader = await connection.runAndReadAll(sql)
      return reader
        .getRowObjectsJS()
        .map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, plain(v)])))
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync()
      instance.closeSync()
      await log[Symbol.asyncDispose]()
    },
  }
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Date ? value.getTime() : value
}
