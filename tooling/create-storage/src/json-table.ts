import {
  batchFromRows,
  type CommitOptions,
  type CommitResult,
  type LogBatch,
  type LogTable,
  memoryStorage,
  type StorageBackend,
  type TableOptions,
  type TableRef,
} from '@forge/writer-core'
import { type CommitFile, listVersions, putIfAbsent, readCommit, sizeOf } from './commit-file.ts'
import { rowFromJson, rowToJson } from './row-json.ts'

/** The content of the folder at one version, loaded into a memory table, which answers all reads. */
interface Loaded {
  readonly version: number
  readonly table: LogTable
  readonly results: ReadonlyMap<string, CommitResult>
  readonly versions: readonly number[]
}

/** Creates a table whose versions are the files of `directory`. Several processes may write to it concurrently. */
export function jsonTable(ref: TableRef, options: TableOptions, directory: string): LogTable {
  let latest: Loaded | undefined

  async function load(): Promise<Loaded> {
    const versions = await listVersions(directory)
    const version = versions.at(-1) ?? -1
    if (latest === undefined || latest.version !== version) latest = await replay(ref, options, directory, versions)
    return latest
  }

  return {
    ref,
    async append(batch, commit) {
      for (;;) {
        const loaded = await load()
        const known = loaded.results.get(commit.batchId)
        if (known) return { ...known, alreadyWritten: true }
        latest = undefined
        const result = await tryToAppend(loaded, batch, commit, directory)
        if (result) return result
      }
    },
    async *scan(query) {
      yield* (await load()).table.scan(query)
    },
    async aggregate(query) {
      return (await load()).table.aggregate(query)
    },
    async findBatch(batchId) {
      const known = (await load()).results.get(batchId)
      return known && { ...known, alreadyWritten: true }
    },
    async info() {
      const { table, version, versions } = await load()
      const sizeBytes = await sizeOf(directory, versions)
      const info = await table.info()
      return { ...info, exists: version >= 0, version, sizeBytes, files: versions.length, location: directory }
    },
    async close() {
      latest = undefined
    },
  }
}

/** Appends to the memory table first, which validates the rows. Returns undefined if another writer has created the version meanwhile. */
async function tryToAppend(
  loaded: Loaded,
  batch: LogBatch,
  commit: CommitOptions,
  directory: string,
): Promise<CommitResult | undefined> {
  const inMemory = await loaded.table.append(batch, commit)
  const result = { ...inMemory, version: loaded.version + 1 }
  const { columns } = await loaded.table.info()
  const rows = Array.from({ length: batch.rowCount }, (_, index) => rowToJson(batch, index, columns))
  const file: CommitFile = { batchId: commit.batchId, result, columns, rows }
  return (await putIfAbsent(directory, result.version, file)) ? result : undefined
}

async function replay(
  ref: TableRef,
  options: TableOptions,
  directory: string,
  versions: readonly number[],
): Promise<Loaded> {
  const memory: StorageBackend = memoryStorage()
  const commits = await Promise.all(versions.map((version) => readCommit(directory, version)))
  const columns = commits.at(-1)?.columns ?? options.columns
  const table = await memory.openTable(ref, { ...options, ...(columns && { columns }) })
  const results = new Map<string, CommitResult>()
  for (const commit of commits) {
    const rows = commit.rows.map((values) => rowFromJson(values, commit.columns))
    await table.append(batchFromRows(commit.columns, rows), { batchId: commit.batchId })
    results.set(commit.batchId, commit.result)
  }
  return { version: versions.at(-1) ?? -1, table, results, versions }
}
