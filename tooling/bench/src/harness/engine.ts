import { DuckDBInstance } from '@duckdb/node-api'
import { timeMs } from './timing.ts'

/** The engine alone, without our code: what our figures are compared with. */
export interface Engine extends Disposable {
  /** Copies a table of a file into memory as `source`, replacing the one before. */
  loadSource(path: string, table: string): Promise<void>
  /** Opens a new file, of the engine's default storage version or that one, and writes one row to it. */
  openTarget(path: string, storageVersion?: string): Promise<EngineTarget>
}

/** A file that the engine has open. */
export interface EngineTarget {
  /** Milliseconds of `create table ... as` of all source rows, each time as a new table. */
  createTableAs(): Promise<number>
  close(): Promise<void>
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
    async openTarget(path, storageVersion) {
      let tables = 0
      const options = storageVersion === undefined ? '' : ` (storage_version '${storageVersion}')`
      await connection.run(`attach '${path}' as target${options}`)
      await connection.run('create table target.first_row as select * from source limit 1')
      return {
        createTableAs: () =>
          timeMs(() => connection.run(`create table target.log_${tables++} as select * from source`)),
        close: async () => void (await connection.run('detach target')),
      }
    },
    [Symbol.dispose]() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
