import { WriterUnsupportedError } from '@forge/writer-core'
import { quoteIdentifier, type Session } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { fileList, textRows } from '../engine/read-sql.ts'
import type { DeltaType, StructField } from '../schema/delta-type.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { ShapeCache } from './parquet-shape.ts'

/** Matches a bound before 1900 in the statistics of a file. */
const OLD_BOUND = /"(?:-\d|0\d{3}-|1[0-8]\d{2}-)/

/** The files of each cache that are known to bear no mark. Files never change. */
const SAFE = new WeakMap<ShapeCache, Set<string>>()

/**
 * Throws WriterUnsupportedError for files that hold days in the Julian calendar, as Spark before 3.0 wrote them, and later versions in legacy mode.
 * Other readers would be up to ten days off. `select` reads some columns of some of the files.
 */
export async function assertGregorian(
  { store, session, shapes }: { readonly store: ObjectStore; readonly session: Session; readonly shapes: ShapeCache },
  fields: readonly StructField[],
  files: readonly AddFile[],
  select: (files: readonly AddFile[], fields: readonly StructField[]) => Promise<string>,
): Promise<void> {
  const times = fields.filter(({ type }) => firstSafe(type) !== undefined)
  const safe = SAFE.get(shapes) ?? new Set<string>()
  SAFE.set(shapes, safe)
  const suspects = times.length === 0 ? [] : files.filter((file) => mayBeOld(file) && !safe.has(file.path))
  if (suspects.length === 0) return
  const addressOf = ({ path }: AddFile) => store.engine.addressOf(decodePath(path))
  const marked = await markedFiles(session, suspects.map(addressOf))
  const legacy = suspects.filter((file) => marked.has(addressOf(file)))
  if (legacy.length > 0) {
    const rows = await select(legacy, times)
    const isOld = times.map(({ name, type }) => `${quoteIdentifier(name)} < ${firstSafe(type)}`).join(' or ')
    const found = await session.rows(`select 1 from (${rows}) where ${isOld} limit 1`)
    if (found.length > 0) throw legacyCalendar(legacy.length)
  }
  // In files with a mark, only the columns of this read were checked.
  for (const file of suspects) if (!marked.has(addressOf(file))) safe.add(file.path)
}

/** Returns the first value on which all calendars agree: for dates the Gregorian reform; for times 1900, when zones no longer follow the sun. */
function firstSafe(type: DeltaType): string | undefined {
  if (type.kind !== 'primitive') return undefined
  if (type.name === 'date') return `date '1582-10-15'`
  return type.name === 'timestamp' ? `timestamptz '1900-01-01 00:00:00+00'` : undefined
}

/** Returns true if the file may hold old days. Old versions of Spark write no statistics. */
function mayBeOld({ stats }: AddFile): boolean {
  return !stats?.includes('"minValues"') || OLD_BOUND.test(stats)
}

/** Returns the addresses of the files whose metadata says that old days are Julian. */
async function markedFiles(session: Session, addresses: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await textRows(
    session,
    `select distinct file_name from parquet_kv_metadata(${fileList(addresses)})
     where key in ('org.apache.spark.legacyDateTime'::blob, 'org.apache.spark.legacyINT96'::blob)
       or (key = 'org.apache.spark.version'::blob and value < '3'::blob)`,
  )
  return new Set(found.map(([file]) => file ?? ''))
}

function legacyCalendar(files: number): WriterUnsupportedError {
  return new WriterUnsupportedError('the Delta table holds old dates in the Julian calendar', {
    context: { feature: 'legacy calendar', files },
    suggestions: ['Rewrite these rows with Spark 3 or later, which knows both calendars.'],
  })
}
