import { WriterTableError } from '@forge/writer-core'
import { engineErrorKind, type Session } from '@forge/writer-storage-duckdb/engine'
import type { ObjectStore } from '../store/object-store.ts'
import { fileList } from './sql-text.ts'
import { textRows } from './text-rows.ts'

/** A node of a Parquet file's schema. */
export interface ParquetNode {
  readonly name: string
  readonly fieldId: number | undefined
  /** The engine's type of a leaf, such as `TIMESTAMP`. */
  readonly type: string
  readonly children: readonly ParquetNode[]
}

/** What the files of one shape have in common, so that one statement reads them all. */
export interface ParquetShape {
  readonly signature: string
  readonly columns: readonly ParquetNode[]
}

/** Remembers the shapes of files, which never change. */
export type ShapeCache = Map<string, ParquetShape>

/** The shape of each file, by path. Reads the footers of those that `cache` does not know. */
export async function parquetShapes(
  store: ObjectStore,
  session: Session,
  paths: readonly string[],
  cache: ShapeCache,
): Promise<ShapeCache> {
  const unknown = paths.filter((path) => !cache.has(path))
  if (unknown.length === 0) return cache
  const byAddress = new Map(unknown.map((path) => [store.addressOf(path), path]))
  const nodes = await textRows(
    session,
    `select file_name, name, coalesce(num_children, 0)::varchar, field_id::varchar, duckdb_type
     from parquet_schema(${fileList([...byAddress.keys()])})`,
  ).catch((cause: unknown) => {
    if (engineErrorKind(cause) !== 'input') throw cause
    throw new WriterTableError('a data file of the table is no Parquet file', { cause })
  })
  const rowsOf = new Map<string, (string | null)[][]>()
  for (const [file, ...node] of nodes) {
    const rows = rowsOf.get(file ?? '') ?? []
    rows.push(node)
    rowsOf.set(file ?? '', rows)
  }
  const shapes = new Map<string, ParquetShape>()
  for (const [file, rows] of rowsOf) {
    // Each writer names the root as it likes.
    const signature = JSON.stringify(rows.slice(1))
    const shape = shapes.get(signature) ?? { signature, columns: tree(rows) }
    shapes.set(signature, shape)
    const path = byAddress.get(file)
    if (path !== undefined) cache.set(path, shape)
  }
  return cache
}

/** Nodes come in depth-first order, each with its number of children; the root is first. */
function tree(rows: readonly (string | null)[][]): readonly ParquetNode[] {
  let at = 0
  const next = (): ParquetNode => {
    const [name, children, fieldId, type] = rows[at++] ?? []
    return {
      name: name ?? '',
      fieldId: fieldId ? Number(fieldId) : undefined,
      type: type ?? '',
      children: Array.from({ length: Number(children ?? 0) }, next),
    }
  }
  return next().children
}
