import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openEngine } from '@forge/writer-storage-duckdb/engine'

/** A Delta table whose log and files a test writes by hand, as another engine might leave them. */
export interface HandMadeTable {
  readonly path: string
  /** Writes a commit; resolves with its file. */
  commit(version: number, ...actions: object[]): Promise<string>
  /** Writes the rows of a `select` to a Parquet file; `setting` is one more of the engine's. */
  file(name: string, select: string, setting?: string): Promise<void>
}

export function handMadeTable(path: string): HandMadeTable {
  return {
    path,
    async commit(version, ...actions) {
      const file = join(path, '_delta_log', `${String(version).padStart(20, '0')}.json`)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, actions.map((action) => JSON.stringify(action)).join('\n'))
      return file
    },
    async file(name, select, setting) {
      const file = join(path, name)
      await mkdir(dirname(file), { recursive: true })
      const engine = await openEngine({ threads: 1 })
      const session = await engine.session()
      const settings = setting === undefined ? '' : `, ${setting}`
      await session.run(`copy (${select}) to '${file.replaceAll("'", "''")}' (format parquet${settings})`)
      session.close()
      engine.close()
    },
  }
}

export const PLAIN = { minReaderVersion: 1, minWriterVersion: 2 }

export const withFeatures = (...names: string[]) => ({
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: names,
  writerFeatures: names,
})

export const field = (name: string, type: unknown = 'integer', metadata = {}) => ({
  name,
  type,
  nullable: true,
  metadata,
})

export const metaData = (fields: unknown[], more = {}) => ({
  metaData: {
    id: 'x',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({ type: 'struct', fields }),
    partitionColumns: [],
    configuration: {},
    ...more,
  },
})

export const add = (path: string, more = {}) => ({
  add: { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true, ...more },
})

export const remove = (path: string, more = {}) => ({
  remove: { path, deletionTimestamp: 1, dataChange: true, ...more },
})
