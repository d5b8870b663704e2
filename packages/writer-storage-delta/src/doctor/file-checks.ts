import type { DoctorCheck } from '@forge/writer-core'
import { type EngineErrorKind, engineErrorKind, type Session } from '@forge/writer-storage-duckdb/engine'
import { fileList } from '../data/sql-text.ts'
import { deletionVectorPath } from '../deletion-vector/deletion-vector.ts'
import type { AddFile } from '../log/actions.ts'
import { decodePath } from '../log/file-key.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { parseStats } from '../stats/parsed-stats.ts'
import type { ObjectInfo, ObjectStore } from '../store/object-store.ts'
import { checkOf, counted } from './examination.ts'

const MOST_NAMED = 5
/** Footers that are read by one statement. */
const FILES_AT_ONCE = 500
const MANY_FILES = 100
const SMALL_BYTES = 1024 * 1024

export interface FileExamination {
  readonly checks: readonly DoctorCheck[]
  readonly lostFiles: readonly AddFile[]
}

/** Whether the files of a version are there, whole, and hold as many rows as the log says. */
export async function examineFiles(
  store: ObjectStore,
  session: Session,
  snapshot: Snapshot,
  stored: readonly ObjectInfo[],
): Promise<FileExamination> {
  const files = [...snapshot.state().files.values()]
  const sizes = new Map(stored.map((info) => [store.addressOf(info.path), info.sizeBytes]))
  const lost = new Map<AddFile, string>()
  const readable = new Map<string, AddFile>()
  for (const add of files) {
    const found = await damageOf(store, sizes, add)
    if (found) lost.set(add, found)
    else readable.set(store.addressOf(decodePath(add.path)), add)
  }
  const miscounted: string[] = []
  for (const [address, rows] of await rowCounts(session, [...readable.keys()])) {
    const add = readable.get(address)
    if (add === undefined) continue
    const { numRecords } = parseStats(add)
    if (rows === undefined) lost.set(add, `${add.path} is no Parquet file`)
    else if (numRecords !== undefined && numRecords !== rows) {
      miscounted.push(`${add.path} has ${counted(rows, 'row')}, the log says ${numRecords}`)
    }
  }
  const checks = [
    checkOf('files', `${counted(files.length, 'file')}, all there`, lostProblem([...lost.values()])),
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

/** Files of a table may lie elsewhere. */
async function sizeOf(
  store: ObjectStore,
  sizes: ReadonlyMap<string, number>,
  path: string,
): Promise<number | undefined> {
  return sizes.get(store.addressOf(path)) ?? (await store.head(path))?.sizeBytes
}

/** Rows by the footer of each file; undefined where it cannot be read. */
async function rowCounts(session: Session, addresses: readonly string[]): Promise<Map<string, number | undefined>> {
  const counts = new Map<string, number | undefined>()
  for (let from = 0; from < addresses.length; from += FILES_AT_ONCE) {
    const some = addresses.slice(from, from + FILES_AT_ONCE)
    const found = await footerRows(session, some)
    for (const address of some) counts.set(address, (found ?? (await footerRows(session, [address])))?.get(address))
  }
  return counts
}

/** What the engine says of bytes that are no Parquet. Other errors are those of the machine, by which no file is lost. */
const DAMAGE: ReadonlySet<EngineErrorKind> = new Set(['input', 'other', 'damaged'])

/** Whether the engine says that the bytes of a file are damaged. */
export function isDamage(error: unknown): boolean {
  return DAMAGE.has(engineErrorKind(error))
}

/** Undefined where one of the files is damaged. */
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
    detail: `${counted(lost.length, 'file')} cannot be read: ${named(lost)}`,
    suggestion: 'Bring them back from a copy, or accept the loss of their rows with repair().',
  } as const
}

function miscount(files: readonly string[]) {
  return { status: 'warning', detail: named(files), suggestion: 'Something else wrote to these files.' } as const
}

/** Many small files are no damage; they are slow to read. */
function packing(files: readonly AddFile[]): DoctorCheck[] {
  const small = files.filter(({ size }) => size < SMALL_BYTES)
  if (small.length < MANY_FILES) return []
  const detail = `${small.length} files are smaller than 1 MB, which makes reading slow`
  return [{ name: 'layout', status: 'ok', detail, suggestion: 'optimize() packs them.' }]
}

function named(texts: readonly string[]): string {
  const more = texts.length > MOST_NAMED ? `, and ${texts.length - MOST_NAMED} more` : ''
  return `${texts.slice(0, MOST_NAMED).join(', ')}${more}`
}
