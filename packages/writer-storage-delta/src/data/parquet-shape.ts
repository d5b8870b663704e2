import { WriterTableError } from '@forge/writer-core'
import { engineErrorKind, type Session } from '@forge/writer-storage-duckdb/engine'
import { fileList, textRows } from '../engine/read-sql.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** A node of a Parquet file's schema. */
export interface ParquetNode {
  readonly name: string
  readonly fieldId: number | undefined
  /** The engine's type of a leaf, such as `TIMESTAMP`. */
  readonly type: string
  readonly children: readonly ParquetNode[]
}

/** The schema that several files share, so that one statement can read them all. */
export interface ParquetShape {
  readonly signature: string
  readonly columns: readonly ParquetNode[]
}

/** The number of shapes that are remembered for files that are no longer read. */
const MAX_FORMER_FILES = 10_000

/** Remembers the shapes of files, which never change. */
export type ShapeCache = Map<string, ParquetShape>

/** Returns the shape of each file by its path. Reads the footers of files that `cache` does not know. */
export async function parquetShapes(
  store: ObjectStore,
  session: Session,
  paths: readonly string[],
  cache: ShapeCache,
): Promise<ShapeCache> {
  const unknown = paths.filter((path) => !cache.has(path))
  if (unknown.length === 0) return cache
  forgetFormer(cache, paths)
  const byAddress = new Map(unknown.map((path) => [store.engine.addressOf(path), path]))
  // Each writer chooses its own name for the root. The engine numbers nodes depth first.
  const found = await textRows(
    session,
    `with shapes as (
       select file_name, list([
         case when column_id > 0 then name end, coalesce(num_children, 0)::varchar, field_id::varchar, duckdb_type
       ] order by column_id) as shape
       from parquet_schema(${fileList([...byAddress.keys()])}) group by file_name
     )
     select to_json(shape)::varchar, to_json(list(file_name))::varchar from shapes group by shape`,
  ).catch((cause: unknown) => {
    if (engineErrorKind(cause) !== 'input') throw cause
    throw new WriterTableError('a data file of the table is not a Parquet file', { cause })
  })
  const known = new Map([...cache.values()].map((shape) => [shape.signature, shape]))
  for (const [text, files] of found) {
    const signature = text ?? ''
    const shape = known.get(signature) ?? { signature, columns: tree(JSON.parse(signature)) }
    for (const file of JSON.parse(files ?? '')) {
      const path = byAddress.get(file)
      if (path !== undefined) cache.set(path, shape)
    }
  }
  return cache
}

/** Forgets shapes if the cache grows too big: files come and go, and each new file has a new name. */
function forgetFormer(cache: ShapeCache, paths: readonly string[]): void {
  if (cache.size <= paths.length + MAX_FORMER_FILES) return
  const read = new Set(paths)
  for (const path of cache.keys()) if (!read.has(path)) cache.delete(path)
}

/** Builds the tree from nodes in depth-first order, each with its number of children. The root is first. */
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
