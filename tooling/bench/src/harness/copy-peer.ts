import { DuckDBInstance } from '@duckdb/node-api'
import { timeMs } from './timing.ts'

/** The engine alone, which writes rows that it has in memory to Parquet: what our writing of files is compared with. */
export interface CopyPeer extends Disposable {
  /** Milliseconds of `copy` of all rows to a new file, with the compression of our files. Not made durable. */
  copy(path: string): Promise<number>
}

/** Loads the rows of the Parquet files that match `pattern`, except those of other tables. */
export async function openCopyPeer(pattern: string): Promise<CopyPeer> {
  const instance = await DuckDBInstance.create(':memory:', { preserve_insertion_order: 'false' })
  const connection = await instance.connect()
  await connection.run(`create table source as select * from read_parquet('${pattern}')`)
  return {
    copy: (path) => timeMs(() => connection.run(`copy source to '${path}' (format parquet, compression zstd)`)),
    [Symbol.dispose]() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
