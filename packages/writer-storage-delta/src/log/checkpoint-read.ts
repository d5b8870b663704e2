import type { Value } from '@forge/writer-core'
import { valueAt } from '@forge/writer-core/storage'
import type { Session } from '@forge/writer-storage-duckdb/engine'
import type { Action } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { readAction } from '../actions/read-action.ts'
import { leaseFiles } from '../engine/leased-files.ts'
import { fileList, textRows } from '../engine/read-sql.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { damageAs } from '../store/store-failure.ts'
import { actionColumns } from './checkpoint-columns.ts'
import { parseActions } from './commit-file.ts'
import { finiteJson } from './finite-json.ts'
import { SIDECAR_DIRECTORY } from './log-file-name.ts'
import type { CheckpointFiles } from './log-segment.ts'
import { structFields } from './struct-fields.ts'

type ActionName = keyof typeof KEYS
/**
 * The columns of a checkpoint, each with a field that always has a value in rows of that action. Some writers fill the other columns with empty
 * values instead of null.
 */
const KEYS = {
  protocol: 'minReaderVersion',
  metaData: 'schemaString',
  txn: 'appId',
  add: 'path',
  remove: 'path',
  domainMetadata: 'domain',
  sidecar: 'path',
} as const
const ACTIONS = Object.keys(KEYS) as readonly ActionName[]

/** Reads the actions of a checkpoint, including those in its sidecars. */
export async function readCheckpoint(store: ObjectStore, session: Session, files: CheckpointFiles): Promise<Action[]> {
  const actions = await readManifest(store, session, files, ACTIONS)
  const sidecars = sidecarPaths(actions)
  return sidecars.length === 0 ? actions : [...actions, ...(await readParquet(store, session, sidecars, ACTIONS))]
}

/** Returns true if a checkpoint can be opened, names its table, and has all of its sidecars. */
export async function isWholeCheckpoint(
  store: ObjectStore,
  session: Session,
  files: CheckpointFiles,
): Promise<boolean> {
  const actions = await readManifest(store, session, files, ['protocol', 'metaData', 'sidecar']).catch(damageAs([]))
  if (!actions.some(({ protocol }) => protocol) || !actions.some(({ metaData }) => metaData)) return false
  const sidecars = await store.heads(sidecarPaths(actions))
  return sidecars.every((info) => info !== undefined && info.sizeBytes > 0)
}

/** Returns the paths of the sidecars of a checkpoint. */
export async function readSidecarPaths(
  store: ObjectStore,
  session: Session,
  files: CheckpointFiles,
): Promise<readonly string[]> {
  return sidecarPaths(await readManifest(store, session, files, ['sidecar']))
}

function readManifest(
  store: ObjectStore,
  session: Session,
  files: CheckpointFiles,
  names: readonly ActionName[],
): Promise<Action[]> {
  return files.format === 'json' ? readJson(store, files) : readParquet(store, session, files.paths, names)
}

function sidecarPaths(actions: readonly Action[]): readonly string[] {
  return actions.flatMap(({ sidecar }) => (sidecar ? sidecarPath(sidecar.path) : []))
}

function sidecarPath(path: string): string {
  const decoded = decodePath(path)
  return decoded.includes('/') ? decoded : `${SIDECAR_DIRECTORY}${decoded}`
}

async function readJson(store: ObjectStore, { paths }: CheckpointFiles): Promise<Action[]> {
  const files: Action[][] = []
  for (const path of paths) files.push(parseActions((await store.get(path)) ?? new Uint8Array(), path))
  return files.flat()
}

async function readParquet(
  store: ObjectStore,
  session: Session,
  paths: readonly string[],
  names: readonly ActionName[],
): Promise<Action[]> {
  const files = paths.map((path) => ({ path }))
  await leaseFiles(store, session, files)
  const source = `read_parquet(${fileList(paths.map(store.engine.addressOf))}, union_by_name = true, hive_partitioning = false)`
  const types = new Map<string, string>()
  for (const [name, type] of await textRows(session, `describe select * from ${source}`)) {
    if (name && type) types.set(name, type)
  }
  const readers = names.flatMap((name) => {
    const type = types.get(name)
    return type === undefined ? [] : [{ name, columns: actionColumns(name, type, KEYS[name]) }]
  })
  if (readers.length === 0) return []
  const selected = readers.flatMap(({ columns }) => columns.sql)
  const stats = names.includes('add') ? structStatsColumn(types.get('add') ?? '') : undefined
  const sql = `select ${[...selected, ...(stats ? [stats] : [])].join(', ')} from ${source}`
  const place = paths.join(', ')
  const actions: Action[] = []
  for await (const { rowCount, vectors } of session.stream({ sql, params: [] })) {
    let first = 0
    const parts = readers.map(({ name, columns }) => {
      const own = vectors.slice(first, first + columns.sql.length)
      first += own.length
      return { name, read: (index: number) => columns.read(own, index) }
    })
    const statsVector = vectors[first]
    for (let index = 0; index < rowCount; index++) {
      // The protocol allows one action in a row; if a writer put several into one row, all of them are returned.
      const action: Record<string, unknown> = {}
      for (const { name, read } of parts) {
        const value = read(index)
        if (value) action[name] = actionValue(name, value, statsVector && valueAt(statsVector, 'string', index))
      }
      actions.push(readAction(action, place))
    }
  }
  return actions
}

/** Returns the expression for statistics that exist as a struct only, as text, which keeps every digit; undefined if no file has a struct. */
function structStatsColumn(type: string): string | undefined {
  const fields = structFields(type)
  if (!fields?.get('stats_parsed')?.startsWith('STRUCT')) return undefined
  const struct = 'to_json("add".stats_parsed)::varchar'
  return fields.has('stats') ? `case when "add".stats is null then ${struct} end` : struct
}

function actionValue(
  name: ActionName,
  value: Readonly<Record<string, unknown>>,
  statsText: Value | undefined,
): unknown {
  const vector = value.deletionVector as { readonly storageType?: unknown } | null | undefined
  const read = vector?.storageType === null ? { ...value, deletionVector: null } : value
  if (name !== 'add') return read
  return { ...read, stats: read.stats ?? structStats(typeof statsText === 'string' ? statsText : null) }
}

/** Matches times, and days before year 1 or after 9999, in the engine's spelling. */
const ENGINE_TIME = /"\d{4,}-\d{2}-\d{2} (?:\(BC\)|\d{2}:\d{2}:\d{2})|"\d{5,}-\d{2}-\d{2}/

/**
 * Converts statistics from a struct to text. The engine spells times in a way that no reader of the log knows, so the bounds are left out if they
 * hold one.
 */
function structStats(text: string | null | undefined): string | null {
  if (!text) return null
  const stats = finiteJson(text)
  if (!ENGINE_TIME.test(stats)) return stats
  const { numRecords, nullCount, tightBounds } = JSON.parse(stats)
  return JSON.stringify({ numRecords, nullCount, tightBounds })
}
