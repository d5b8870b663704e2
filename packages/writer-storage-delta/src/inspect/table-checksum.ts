import { createHash } from 'node:crypto'
import { assertOptions, option } from '@forge/writer-core/storage'
import { assertStreamEnded, fromEngineError, openEngine, quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import type { ShapeCache } from '../data/parquet-shape.ts'
import { readFilesSql } from '../data/read-files.ts'
import { loadSnapshot } from '../log/load-snapshot.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { ObjectStores } from '../store/object-store.ts'
import { canonicalRow } from './canonical-row.ts'
import { exactValue } from './exact-value.ts'
import { noTable, openPlace } from './open-place.ts'

export interface TableChecksum {
  readonly version: number
  readonly rows: number
  /** The SHA-256, in hex, of the canonical JSON texts of the rows, sorted bytewise and joined by a newline. */
  readonly checksum: string
}

/**
 * Reads a whole Delta table in a folder, or at the place of object stores, at `version` (default: the newest). Computes a checksum, so that engines can
 * be compared by value. Throws WriterUnsupportedError naming the feature that reading needs, WriterTableError if the log or a file is damaged or
 * missing.
 */
export async function checksumDeltaTable(
  place: string | ObjectStores,
  options: { readonly version?: number | undefined } = {},
): Promise<TableChecksum> {
  assertOptions('checksumDeltaTable', options, { version: option.whole({ min: 0 }) })
  const { version } = options
  const store = openPlace(place)
  const engine = await openEngine()
  const session = await engine.session()
  try {
    const snapshot = await loadSnapshot(store, session, version)
    if (snapshot === undefined) throw noTable(store)
    const shapes: ShapeCache = new Map()
    const files = [...snapshot.state().files.values()]
    const rows = await readFilesSql({ store, session, shapes }, snapshot, files)
    const { fields } = parseSchema(snapshot.metadata)
    const values = fields.map(({ name, type }) => exactValue(`"?rows".${quoteIdentifier(name)}`, type)).join(', ')
    const sql = `select ${values || 'null'} from (${rows}) as "?rows"`
    const result = await session.connection.stream(sql)
    const texts: Buffer[] = []
    for await (const found of result.yieldRows()) {
      for (const row of found) texts.push(Buffer.from(canonicalRow(fields, row)))
    }
    await assertStreamEnded(result, session.connection, { sql, params: [] })
    texts.sort(Buffer.compare)
    const hash = createHash('sha256')
    for (const [at, text] of texts.entries()) hash.update(at === 0 ? '' : '\n').update(text)
    return { version: snapshot.version, rows: texts.length, checksum: hash.digest('hex') }
  } catch (error) {
    throw fromEngineError(error, `reading ${store.location}`)
  } finally {
    session.close()
    engine.close()
  }
}
