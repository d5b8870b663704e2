import type { DoctorCheck } from '@forge/writer-core'
import { type EngineErrorKind, engineErrorKind, type Session } from '@forge/writer-storage-duckdb/engine'
import type { AddFile } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { deletionVectorPath } from '../deletion-vector/deletion-vector.ts'
import { leasedFile } from '../engine/leased-files.ts'
import { fileList } from '../engine/read-sql.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { parseStats } from '../stats/parsed-stats.ts'
import type { ObjectInfo } from '../store/object-info.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { checkOf, formatCount } from './examination.ts'

const MAX_NAMED = 5
/** The number of footers that one statement reads. */
const FILES_AT_ONCE = 500
const MANY_FILES = 100
const SMALL_BYTES = 1024 * 1024

export interface FileExamination {
  readonly checks: readonly DoctorCheck[]
  readonly lostFiles: readonly AddFile[]
}

/** Checks that the files of a version exist, are complete, and hold as many rows as the log says. */
export async function examineFiles(
  store: ObjectStore,
  session: Session,
  snapshot: Snapshot,
  stored: readonly ObjectInfo[],
): Promise<FileExamination> {
  const files = [...snapshot.state().files.values()]
  const sizes = new Map(stored.map((info) => [store.engine.addressOf(info.path), info.sizeBytes]))
  const lost = new Map<AddFile, string>()
  const readable = new Map<string, AddFile>()
  for (const add of files) {
    const found = await damageOf(store, sizes, add)
    if (found) lost.set(add, found)
    else readable.set(store.engine.addressOf(decodePath(add.path)), add)
  }
  const miscounted: string[] = []
  for (const [address, rows] of await rowCounts(store, session, readable)) {
    const add = readable.get(address)
    if (add === undefined) continue
    const { numRecords } = parseStats(add)
    if (rows === undefined) lost.set(add, `${add.path} is not a Parquet file`)
    else if (numRecords !== undefined && numRecords !== rows) {
      miscounted.push(`${add.path} has ${formatCount(rows, 'row')}, the log says ${numRecords}`)
    }
  }
  const checks = [
    checkOf('files', `${formatCount(files.length, 'file')}, all there`, lostProblem([...lost.values()])),
    checkOf('rows', 'as many as the log says', miscounted.length > 0 ? miscount(miscounted) : undefined),
  ]
  return { checks: [...checks, ...packing(files)], lostFiles: [...lost.keys()] }
}

async function damageOf(
  store: ObjectStore,
  sizes: ReadonlyMap<string, number>,
  { path, size, deletionVector }: AddFile,
): Promise<string | undefined> {
  const there = await sizeOf(store, sizes, decodePath(path))
  if (there === undefined) return `${path} is missing`
  if (there !== size) return `${path} has ${there} bytes of ${size}`
  const vector = deletionVector ? deletionVectorPath(deletionVector) : undefined
  if (vector === undefined || (await sizeOf(store, sizes, vector)) !== undefined) return undefined
  return `${vector}, the deleted rows of ${path}, is missing`
}

/** Returns the size of a file. Files of a table may be outside its folder. */
async function sizeOf(
  store: ObjectStore,
  sizes: ReadonlyMap<string, number>,
  path: string,
): Promise<number | undefined> {
  return sizes.get(store.engine.addressOf(path)) ?? (await store.head(path))?.sizeBytes
}

/** Returns the number of rows in the footer of each file; undefined for a file whose footer cannot be read. */
async function rowCounts(
  { engine }: ObjectStore,
  session: Session,
  files: ReadonlyMap<string, AddFile>,
): Promise<Map<string, number | undefined>> {
  const counts = new Map<string, number | undefined>()
  const addresses = [...files.keys()]
  for (let from = 0; from < addresses.length; from += FILES_AT_ONCE) {
    const some = addresses.slice(from, from + FILES_AT_ONCE)
    const leased = some.flatMap((address) => files.get(address) ?? [])
    using _lease = await engine.lease?.(leased.map(leasedFile))
    const found = await footerRows(session, some)
    for (const address of some) counts.set(address, (found ?? (await footerRows(session, [address])))?.get(address))
  }
  return counts
}

/** The kinds of engine errors that mean damaged bytes. Other errors concern the machine; they do not mean that a file is lost. */
const DAMAGE: ReadonlySet<EngineErrorKind> = new Set(['input', 'other', 'damaged'])

/** Returns true if the engine's error means that the bytes of a file are damaged. */
export function isDamage(error: unknown): boolean {
  return DAMAGE.has(engineErrorKind(error))
}

/** Returns the rows of each file; undefined if one of the files is damaged. */
async function footerRows(session: Session, addresses: readonly string[]): Promise<Map<string, number> | undefined> {
  try {
    const rows = await session.rows(`select file_name, num_rows from parquet_file_metadata(${fileList(addresses)})`)
    return new Map(rows.map(({ file_name, num_rows }) => [String(file_name), Number(num_rows)]))
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

function lostProblem(lost: readonly string[]) {
  if (lost.length === 0) return undefined
  return {
    status: 'problem',
    detail: `${formatCount(lost.length, 'file')} cannot be read: ${listNames(lost)}`,
    suggestion: 'Restore them from a backup, or drop their rows with repair().',
  } as const
}

function miscount(files: readonly string[]) {
  return { status: 'warning', detail: listNames(files), suggestion: 'Another program changed these files.' } as const
}

/** Warns of many small files. They are not damaged, but slow to read. */
function packing(files: readonly AddFile[]): DoctorCheck[] {
  const small = files.filter(({ size }) => size < SMALL_BYTES)
  if (small.length < MANY_FILES) return []
  const detail = `${small.length} files are smaller than 1 MB, which makes reading slow`
  return [{ name: 'layout', status: 'ok', detail, suggestion: 'optimize() packs them.' }]
}

function listNames(texts: readonly string[]): string {
  const more = texts.length > MAX_NAMED ? `, and ${texts.length - MAX_NAMED} more` : ''
  return `${texts.slice(0, MAX_NAMED).join(', ')}${more}`
}
