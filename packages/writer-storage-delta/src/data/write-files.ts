import { randomUUID } from 'node:crypto'
import { DuckDBListValue, DuckDBMapValue, type DuckDBValue } from '@duckdb/node-api'
import { WriterTableError } from '@forge/writer-core'
import { quoteIdentifier, quoteText, type Session, type SqlQuery } from '@forge/writer-storage-duckdb/engine'
import type { AddFile, Metadata } from '../actions/actions.ts'
import { decodePath, encodePath } from '../actions/file-key.ts'
import { isHashed, isText, partitionFolders, textsByHash } from '../partition/partition-folders.ts'
import { partitionValueText } from '../partition/partition-text.ts'
import type { StructType } from '../schema/delta-type.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { WrittenColumn } from '../stats/column-bounds.ts'
import { fileStats, type WrittenColumns } from '../stats/file-stats.ts'
import type { ObjectInfo } from '../store/object-info.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { dataFileMark } from '../store/unfinished-file.ts'
import { hiddenMarks } from './hidden-marks.ts'
import type { SmallFile } from './small-file.ts'
import { storedRowsSql } from './stored-rows.ts'

/** The compression level. The engine's default is 3. */
const QUICK_ZSTD_LEVEL = 2
/** The rows of a row group. The engine's default is 122,880. */
const QUICK_GROUP_ROWS = 40_960

export interface WriteFilesOptions {
  readonly compression: string
  readonly targetFileBytes: number
  readonly dataChange: boolean
  /** Returns false if no text starts with U+FEFF, which saves a search. Called when the rows are written. Default true. */
  readonly mayHoldMarks?: (() => boolean) | undefined
  /** Returns texts that partition columns may hold. Called after the rows are written if a folder's name contains the hash of a text. */
  readonly partitionTexts: () => Iterable<string>
}

/** A new data file, which is durable but not yet part of a version. */
export interface WrittenFile {
  readonly add: AddFile
  readonly rows: number
  /** The columns that hold nulls. */
  readonly nullColumns: readonly string[]
  /** The partition columns whose value is the empty text, which the log cannot distinguish from null. */
  readonly emptyPartitions: readonly string[]
}

/** Writes rows with the columns of the table to new files. */
export async function writeFiles(
  store: ObjectStore,
  session: Session,
  metadata: Metadata,
  { sql, params }: SqlQuery,
  options: WriteFilesOptions,
): Promise<WrittenFile[]> {
  const schema = parseSchema(metadata)
  const folders = partitionFolders(schema, metadata.partitionColumns, storedRowsSql(schema, sql))
  const { engine } = store
  const target = quoteText(await engine.prepare())
  // The prefix finds the files of a statement that failed.
  const mark = dataFileMark()
  const settings = [
    'format parquet',
    ...packing(options),
    'return_stats',
    'append true',
    `filename_pattern ${quoteText(`${mark}{uuid}-c000.${options.compression}`)}`,
    folders.names.length > 0
      ? `partition_by (${folders.names.map(quoteIdentifier).join(', ')})`
      : `file_size_bytes ${Math.max(1, Math.floor(options.targetFileBytes))}`,
  ]
  const copy = `copy (${folders.sql}) to ${target} (${settings.join(', ')})`
  try {
    const results = await session.unordered(async () =>
      (await session.connection.runAndReadAll(copy, [...params])).getRows(),
    )
    const texts = partitionTexts(results, options)
    return await sealFiles(store, session, metadata, { results, folders: folders.names, texts, schema, options })
  } catch (error) {
    // If a file cannot be deleted, a later vacuum removes it.
    await engine.discardMarked(mark).catch(() => undefined)
    throw error
  }
}

interface EngineOutput extends WrittenPartitions {
  /** The engine's rows about the files that it wrote. */
  readonly results: readonly (readonly DuckDBValue[])[]
  readonly options: Pick<WriteFilesOptions, 'dataChange' | 'mayHoldMarks'>
}

/** Makes the files that the engine wrote durable, and deletes those without rows. */
async function sealFiles(
  { engine }: ObjectStore,
  session: Session,
  metadata: Metadata,
  { results, options, ...partitions }: EngineOutput,
): Promise<WrittenFile[]> {
  const addresses = results.map(([address]) => String(address))
  const hidden = options.mayHoldMarks?.() === false ? new Set<string>() : await hiddenMarks(session, addresses)
  const files = results.map(([address, count, , , statistics, keys]) => ({
    path: engine.pathOf(String(address)),
    rows: Number(count),
    columns: columnsOf(statistics ?? null, hidden.has(String(address))),
    keys: keys ?? null,
  }))
  const empty = files.filter(({ rows }) => rows === 0)
  if (empty.length > 0) await engine.discard(empty.map(({ path }) => path))
  const filled = files.filter(({ rows }) => rows > 0)
  const infos = await engine.seal(filled.map(({ path }) => path))
  return filled.flatMap(({ rows, columns, keys }, at) => {
    const info = infos[at]
    if (info === undefined) return []
    const partition = partitionOf(keys, info.path, metadata, partitions)
    return writtenFile(metadata, columns, { ...info, rows, ...partition, dataChange: options.dataChange })
  })
}

/** Stores new rows that are already encoded as a file. */
export async function storeSmallFile(
  store: ObjectStore,
  metadata: Metadata,
  { bytes, rows, columns }: SmallFile,
): Promise<WrittenFile> {
  const path = `${dataFileMark()}${randomUUID()}-c000.parquet`
  const { modifiedMs } = await store.create(path, bytes)
  return writtenFile(metadata, columns, {
    path,
    sizeBytes: bytes.byteLength,
    modifiedMs,
    rows,
    partitionValues: {},
    emptyPartitions: [],
    dataChange: true,
  })
}

interface FileFacts extends ObjectInfo {
  readonly rows: number
  readonly partitionValues: AddFile['partitionValues']
  readonly emptyPartitions: readonly string[]
  readonly dataChange: boolean
}

function writtenFile(metadata: Metadata, columns: WrittenColumns, facts: FileFacts): WrittenFile {
  const { path, sizeBytes, modifiedMs, rows, partitionValues, emptyPartitions, dataChange } = facts
  const names = parseSchema(metadata).fields.map((field) => field.name)
  const nullsOf = names.filter((name) => (columns.get(quoteIdentifier(name))?.nullCount ?? 0) > 0)
  const nullPartitions = Object.entries(partitionValues).flatMap(([name, value]) => (value === null ? name : []))
  return {
    rows,
    nullColumns: [...nullsOf, ...nullPartitions],
    emptyPartitions,
    add: {
      path: encodePath(path),
      partitionValues,
      size: sizeBytes,
      modificationTime: modifiedMs,
      dataChange,
      stats: fileStats(metadata, rows, columns),
    },
  }
}

/**
 * Returns how rows are packed. New rows are written quickly: it takes a third less time, files are 5 % larger, and finding an id takes half the time.
 * Compaction uses the engine's defaults, for fewer and larger reads.
 */
function packing({ compression, dataChange }: WriteFilesOptions): string[] {
  const level = compression === 'zstd' && dataChange ? [`compression_level ${QUICK_ZSTD_LEVEL}`] : []
  return [
    `compression ${compression === 'lz4' ? 'lz4_raw' : compression}`,
    ...level,
    ...(dataChange ? [`row_group_size ${QUICK_GROUP_ROWS}`] : []),
  ]
}

/** Deletes files that no version refers to. */
export async function discardFiles(store: ObjectStore, files: readonly WrittenFile[]): Promise<void> {
  await store.delete(files.map(({ add }) => decodePath(add.path)))
}

function columnsOf(statistics: DuckDBValue, hasHiddenMark: boolean): ReadonlyMap<string, WrittenColumn> {
  const columns = new Map<string, WrittenColumn>()
  for (const [path, values] of textEntries(statistics)) {
    const facts = new Map(textEntries(values).map(([name, value]) => [name, String(value)]))
    const nulls = facts.get('null_count')
    columns.set(path, {
      min: hasHiddenMark ? undefined : facts.get('min'),
      max: hasHiddenMark ? undefined : facts.get('max'),
      nullCount: nulls === undefined ? undefined : Number(nulls),
      hasNaN: facts.get('has_nan') !== 'false' && facts.has('has_nan'),
    })
  }
  return columns
}

interface WrittenPartitions {
  /** The names of the columns that the folders use. */
  readonly folders: readonly string[]
  /** The texts, by the hash that replaces each in a folder's name. */
  readonly texts: ReadonlyMap<string, string>
  readonly schema: StructType
}

/** Returns the texts whose hash is part of a folder's name. */
function partitionTexts(results: readonly (readonly DuckDBValue[])[], options: WriteFilesOptions) {
  const isAsked = results.some((row) => textEntries(row[5] ?? null).some(([, value]) => isHashed(String(value))))
  return textsByHash(isAsked ? options.partitionTexts() : [])
}

function partitionOf(keys: DuckDBValue, path: string, metadata: Metadata, partitions: WrittenPartitions) {
  const { folders, texts, schema } = partitions
  const found = new Map(textEntries(keys))
  const parts = path.split('/')
  const emptyPartitions: string[] = []
  const values = metadata.partitionColumns.map((name, at) => {
    const key = withMark(found.get(folders[at] ?? name), parts[at] ?? '')
    const field = schema.fields.find((each) => each.name === name)
    if (typeof key !== 'string' || field === undefined) return [name, null] as const
    if (isText(field) && isHashed(key)) {
      const text = texts.get(key)
      if (text === undefined) throw new WriterTableError(`the partition of ${path} is not known`, { committed: 'no' })
      return [name, text] as const
    }
    if (key === '') emptyPartitions.push(name)
    return [name, partitionValueText(key, field.type)] as const
  })
  return { partitionValues: Object.fromEntries(values), emptyPartitions }
}

/** Returns the value with the U+FEFF that the engine's interface drops, if the folder's name shows that it had one. */
function withMark(value: DuckDBValue | undefined, folder: string): DuckDBValue | undefined {
  return typeof value === 'string' && /=(%EF%BB%BF|\ufeff)/i.test(folder) ? `\ufeff${value}` : value
}

function textEntries(value: DuckDBValue): (readonly [string, DuckDBValue])[] {
  if (value instanceof DuckDBMapValue)
    return value.entries.map(({ key, value: inner }) => [String(key), inner] as const)
  if (value instanceof DuckDBListValue) return value.items.flatMap(textEntries)
  return []
}
