import { createHash } from 'node:crypto'
import type { LogBatch } from '@forge/writer-core'
import { type ColumnVector, findColumn } from '@forge/writer-core/storage'
import { quoteIdentifier, quoteText } from '@forge/writer-storage-duckdb/engine'
import type { StructField, StructType } from '../schema/delta-type.ts'

/** The limits of a name and a value in `name=value`, percent-encoded. File systems allow 255 bytes. */
const MAX_NAME_LENGTH = 100
const MAX_VALUE_LENGTH = 120
/** The prefix of a folder's value that is the hash of a text. */
const HASHED = 'hash-'
/** The length up to which a text always fits: encoded, a UTF-16 unit takes at most nine characters. */
const SHORT_LENGTH = Math.floor(MAX_VALUE_LENGTH / 9)

/** The folders of partitions. Their names contain the values, or a hash if the name would be too long. Only the log says which value a folder has. */
export interface PartitionFolders {
  /** The rows; their partition columns have the names and values of the folders. */
  readonly sql: string
  /** The names of these columns, in the order of the partition columns. */
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
  // Up to three characters of a folder's name stand for one byte.
  const isLong = `(strlen(${value}) > ${MAX_VALUE_LENGTH / 3} and length(url_encode(${value})) > ${MAX_VALUE_LENGTH}) or starts_with(${value}, ${quoteText(HASHED)})`
  return `case when ${isLong} then ${quoteText(HASHED)} || md5(${value}) else ${value} end`
}

export function isText({ type }: StructField): boolean {
  return type.kind === 'primitive' && type.name === 'string'
}

/** Returns true if the folder of that value contains the hash of a text. */
export function isHashed(folder: string): boolean {
  return folder.startsWith(HASHED)
}

/** Returns the texts by the hashed values of their folders. */
export function textsByHash(texts: Iterable<string>): ReadonlyMap<string, string> {
  return new Map([...texts].map((text) => [HASHED + createHash('md5').update(text, 'utf8').digest('hex'), text]))
}

/** Returns the texts of a batch's partition columns that may be too long for a folder's name, each at least once. */
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
