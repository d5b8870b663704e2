import type { Session } from '@forge/writer-storage-duckdb/engine'
import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import type { Action } from '../actions/actions.ts'
import { exactTransaction } from '../actions/exact-transaction.ts'
import { decodePath } from '../actions/file-key.ts'
import { readAction } from '../actions/read-action.ts'
import { leaseFiles } from '../engine/leased-files.ts'
import { fileList, textRows } from '../engine/read-sql.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { damageAs } from '../store/store-failure.ts'
import { parseActions } from './commit-file.ts'
import { SIDECAR_DIRECTORY } from './log-file-name.ts'
import type { CheckpointFiles } from './log-segment.ts'

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
  const columns = new Map<string, string>()
  for (const [name, type] of await textRows(session, `describe select * from ${source}`)) {
    if (name && type) columns.set(name, type)
  }
  const present = names.filter((name) => columns.has(name))
  if (present.length === 0) return []
  const selected = present.map((name) => `to_json(${quoteIdentifier(name)})::varchar`)
  // Statistics may exist as a struct only. As text they keep every digit.
  const hasStruct = present.includes('add') && /\bstats_parsed"? STRUCT/.test(columns.get('add') ?? '')
  if (hasStruct) selected.push(`to_json("add".stats_parsed)::varchar`)
  const rows = await textRows(session, `select ${selected.join(', ')} from ${source}`)
  const place = paths.join(', ')
  return rows.map((row) => readAction(actionOf(row, present, hasStruct ? row[present.length] : null), place))
}

/** Returns the action of a row. The protocol allows one action in a row; if a writer put several into one row, all of them are returned. */
function actionOf(
  row: readonly (string | null)[],
  names: readonly ActionName[],
  statsText: string | null | undefined,
): Action {
  const action: Record<string, unknown> = {}
  for (const [at, name] of names.entries()) {
    const text = row[at]
    if (text === null || text === undefined) continue
    const value = JSON.parse(finiteJson(text))
    if (value[KEYS[name]] === null || value[KEYS[name]] === undefined) continue
    if (value.deletionVector?.storageType === null) value.deletionVector = null
    action[name] = name === 'txn' ? exactTransaction(value, text) : name === 'add' ? addOf(value, statsText) : value
  }
  return action
}

function addOf(value: Readonly<Record<string, unknown>>, statsText: string | null | undefined) {
  const { stats_parsed: _stats, partitionValues_parsed: _values, ...add } = value
  return { ...add, stats: add.stats ?? structStats(statsText) }
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

/** Replaces NaN and infinities, which the engine writes as bare words that are not valid JSON, by null. */
function finiteJson(text: string): string {
  if (!/NaN|Infinity|inf/i.test(text)) return text
  return text.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity|inf)\b/gi, (token) =>
    token.startsWith('"') ? token : 'null',
  )
}
