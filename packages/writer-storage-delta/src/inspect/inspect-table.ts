import { fromEngineError, openEngine } from '@forge/writer-storage-duckdb/engine'
import type { Protocol } from '../actions/actions.ts'
import { loadSnapshot } from '../log/load-snapshot.ts'
import { listLog } from '../log/log-segment.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { readerFeatures, writerFeatures } from '../protocol/table-features.ts'
import { assertWritable } from '../protocol/writer-gate.ts'
import { parseSchema, typeJson } from '../schema/schema-json.ts'
import { liveRows } from '../stats/parsed-stats.ts'
import type { ObjectStores } from '../store/object-store.ts'
import { noTable, openPlace } from './open-place.ts'

/** A description of a Delta table, whoever wrote it. */
export interface DeltaInspection {
  readonly location: string
  readonly version: number
  readonly protocol: Protocol
  readonly readerFeatures: readonly string[]
  readonly writerFeatures: readonly string[]
  /** The reason why this engine cannot append, or cannot rewrite rows; null if it can. */
  readonly appendRefused: string | null
  readonly rewriteRefused: string | null
  readonly name: string | null
  readonly id: string
  readonly partitionColumns: readonly string[]
  readonly properties: Readonly<Record<string, string>>
  readonly columns: readonly { readonly name: string; readonly type: unknown; readonly nullable: boolean }[]
  readonly files: number
  readonly sizeBytes: number
  /** The number of rows; null if a file has no statistics. */
  readonly rows: number | null
  readonly deletionVectors: number
  readonly tombstones: number
  readonly commits: number
  readonly checkpoints: readonly number[]
}

/**
 * Reads the log of any Delta table in a folder, or at the place of object stores. Throws WriterTableError if the table does not exist or is damaged,
 * WriterUnsupportedError naming the feature that reading needs.
 */
export async function inspectDeltaTable(place: string | ObjectStores): Promise<DeltaInspection> {
  const store = openPlace(place)
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  try {
    const snapshot = await loadSnapshot(store, session)
    if (snapshot === undefined) throw noTable(store)
    const listing = await listLog(store)
    return {
      location: store.location,
      ...describe(snapshot),
      commits: listing.commits.length,
      checkpoints: [...new Set(listing.checkpoints.map(({ version }) => version))],
    }
  } catch (error) {
    throw fromEngineError(error, `inspecting ${store.location}`)
  } finally {
    session.close()
    engine.close()
  }
}

function describe(snapshot: Snapshot) {
  const { protocol, metadata } = snapshot
  const { files: live, tombstones } = snapshot.state()
  const files = [...live.values()]
  const counts = files.map(liveRows)
  return {
    version: snapshot.version,
    protocol,
    readerFeatures: readerFeatures(protocol),
    writerFeatures: writerFeatures(protocol),
    appendRefused: refusal(snapshot, false),
    rewriteRefused: refusal(snapshot, true),
    name: metadata.name ?? null,
    id: metadata.id,
    partitionColumns: metadata.partitionColumns,
    properties: metadata.configuration ?? {},
    columns: parseSchema(metadata).fields.map(({ name, type, nullable }) => ({ name, type: typeJson(type), nullable })),
    files: files.length,
    sizeBytes: files.reduce((sum, { size }) => sum + size, 0),
    rows: counts.includes(undefined) ? null : counts.reduce((sum: number, rows) => sum + (rows ?? 0), 0),
    deletionVectors: files.filter(({ deletionVector }) => deletionVector).length,
    tombstones: tombstones.size,
  }
}

function refusal(snapshot: Snapshot, changesRows: boolean): string | null {
  try {
    assertWritable(snapshot, { changesRows, writesData: true })
    return null
  } catch (error) {
    if (error instanceof Error) return error.message
    throw error
  }
}
