import { randomUUID } from 'node:crypto'
import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { quoteIdentifier, type Session } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { readDeletionVector } from '../deletion-vector/deletion-vector.ts'
import type { ObjectStore } from '../store/object-store.ts'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'file', type: 'string', nullable: false },
  { name: 'row', type: 'int64', nullable: false },
]
/** The number of vectors that are read at once. */
const READ_AHEAD = 16

/** Creates a temporary table with the columns `file` and `row`: the rows that deletion vectors delete. Resolves with its quoted name. */
export async function stageDeletedRows(
  store: ObjectStore,
  session: Session,
  files: readonly AddFile[],
): Promise<string> {
  const name = quoteIdentifier(`deleted-${randomUUID()}`)
  const batch = await deletedRows(store, files)
  await session.withBatch(batch, ({ sql }) => session.run(`create temp table ${name} as select * from ${sql}`))
  return name
}

async function deletedRows(store: ObjectStore, files: readonly AddFile[]): Promise<LogBatch> {
  const cardinality = (file: AddFile) => file.deletionVector?.cardinality ?? 0
  const rowCount = files.reduce((sum, file) => sum + cardinality(file), 0)
  const codes = new Uint32Array(rowCount)
  const rows = new BigInt64Array(rowCount)
  let end = 0
  for (let from = 0; from < files.length; from += READ_AHEAD) {
    const vectors = await Promise.all(files.slice(from, from + READ_AHEAD).map((file) => positions(store, file)))
    for (const [at, vector] of vectors.entries()) {
      for (const row of vector) {
        codes[end] = from + at
        rows[end++] = BigInt(row)
      }
    }
  }
  const dictionary = files.map((file) => store.engine.addressOf(decodePath(file.path)))
  return {
    rowCount,
    columns: COLUMNS,
    vectors: [
      { kind: 'dictionary', values: codes, validity: null, dictionary },
      { kind: 'int64', values: rows, validity: null },
    ],
  }
}

async function positions(store: ObjectStore, { deletionVector }: AddFile): Promise<readonly number[]> {
  return deletionVector ? readDeletionVector(store, deletionVector) : []
}
