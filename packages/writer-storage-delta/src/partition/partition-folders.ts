import { createHash } from 'node:crypto'
import { type ColumnVector, findColumn, type LogBatch } from '@forge/writer-core'
import { quoteIdentifier, quoteText } from '@forge/writer-storage-duckdb/engine'
import type { StructField, StructType } from '../schema/delta-type.ts'

/** Characters that a name and a value may take in `name=value`, percent-encoded; file systems take 255 bytes. */
const MAX_NAME_LENGTH = 100
const MAX_VALUE_LENGTH = 120
/** Starts the value of a folder that has a hash for its text. */
const HASHED = 'hash-'
/** Encoded, a UTF-16 unit takes at most nine characters. */
const SHORT_LENGTH = Math.floor(MAX_VALUE_LENGTH / 9)

/** The folders of partitions: named by their values, or by a hash if these make too long a name. The log alone says which value a folder has. */
export interface PartitionFolders {
  /** The rows, with the columns of partitions named and filled as their folders are. */
  readonly sql: string
  /** Names of the columns in it, in the order of the partition columns. */
  readonly names: readonly string[]
}

export function partitionFolders(
  { fields }: StructType,
  partitionColumns: readonly string[],
  rows: string,
): PartitionFolders {
  const partitions = partitionColumns.flatMap((name) => fields.find((field) => field.name === name) ?? [])
  const names = partitions.map((field, at) => folderName(field, at, fields))
  const isPlain = partitions.every((field, at) => names[at] === field.name && !isText(field))
  if (isPlain) return { sql: rows, names }
  const values = partitions.map(
    (field, at) =>
      `${isText(field) ? folderValue(field) : quoteIdentifier(field.name)} as ${quoteIdentifier(names[at] ?? '')}`,
  )
  const excluded = partitions.map(({ name }) => quoteIdentifier(name)).join(', ')
  return { sql: `select * exclude (${excluded}), ${values.join(', ')} from (${rows})`, names }
}

function folderName({ name }: StructField, at: number, fields: readonly StructField[]): string {
  if (encodeURIComponent(name).length <= MAX_NAME_LENGTH) return name
  let short = `partition-${at}`
  while (findColumn(short, fields)) short += '-'
  return short
}

function folderValue({ name }: StructField): string {
  const value = quoteIdentifier(name)
  // Three characters of a folder's name stand for a byte at most.
  const isLong = `(strlen(${value}) > ${MAX_VALUE_LENGTH / 3} and length(url_encode(${value})) > ${MAX_VALUE_LENGTH}) or starts_with(${value}, ${quoteText(HASHED)})`
  return `case when ${isLong} then ${quoteText(HASHED)} || md5(${value}) else ${value} end`
}

export function isText({ type }: StructField): boolean {
  return type.kind === 'primitive' && type.name === 'string'
}

/** Whether the folder of that value has a hash for its text. */
export function isHashed(folder: string): boolean {
  return folder.startsWith(HASHED)
}

/** The texts by the values of folders that have a hash for them. */
export function textsByHash(texts: Iterable<string>): ReadonlyMap<string, string> {
  return new Map([...texts].map((text) => [HASHED + createHash('md5').update(text, 'utf8').digest('hex'), text]))
}

/** Texts of the partition columns of a batch, each at least once, that may be too long for the name of a folder. */
export function* longTexts(batch: LogBatch, partitionColumns: readonly string[]): Generator<string> {
  for (const name of partitionColumns) {
    const column = findColumn(name, batch.columns)
    const vector = column && batch.vectors[batch.columns.indexOf(column)]
    for (const text of vector ? textsOf(vector) : []) if (text.length > SHORT_LENGTH || isHashed(text)) yield text
  }
}

function textsOf(vector: ColumnVector): readonly string[] {
  if (vector.kind === 'text') return vector.values
  return vector.kind === 'dictionary' ? vector.dictionary : []
}
