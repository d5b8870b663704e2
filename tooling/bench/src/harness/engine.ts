import { DuckDBInstance } from '@duckdb/node-api'
import { timeMs } from './timing.ts'

/** The engine alone, without our code: what our figures are compared with. */
export interface Engine extends Disposable {
  /** Copies a table of a file into memory as `source`, replacing the one before. */
  loadSource(path: string, table: string): Promise<void>
  /** Milliseconds of `create table ... as` of all source rows into a new file that is open and to which one row was written. */
  createTableAs(path: string, table: string): Promise<number>
}

export interface EngineOptions {
  /** The engine's own default is true. */
  readonly preserveInsertionOrder: boolean
}

export async function openEngine({ preserveInsertionOrder }: EngineOptions): Promise<Engine> {
  const instance = await DuckDBInstance.create(':memory:', {
    preserve_insertion_order: String(preserveInsertionOrder),
  })
  const connection = await instance.connect()
  return {
    async loadSource(path, table) {
      await connection.run(`attach '${path}' as written (read_only)`)
      await connection.run(`create or replace table source as select * from written.${table}`)
      await connection.run('detach written')
    },
    async createTableAs(path, table) {
      await connection.run(`attach '${path}' as target`)
      await connection.run('create table target.first_row as select * from source limit 1')
      const ms = await timeMs(() => connection.run(`create table target.${table} as select * from source`))
      await connection.run('detach target')
      return ms
    },
    [Symbol.dispose]() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
