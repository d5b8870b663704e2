import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { create, toBinary } from '@bufbuild/protobuf'
import { type ColumnDefinition, type LogBatch, WriterTableError } from '@forge/writer-core'
import { batchBytes, isNested } from '@forge/writer-core/storage'
import { encodeArrow } from '../arrow/encode-arrow.ts'
import type { Session } from '../connect/session.ts'
import { LocalRelationSchema } from '../gen/messages.ts'
import { sqlTypeOf } from '../plan/column-types.ts'
import { attribute, cast, type PlanExpression } from '../plan/expressions.ts'
import { fromJson } from '../plan/nested-values.ts'
import { localRelation, type PlanRelation, union } from '../plan/relations.ts'

/** Rows in Arrow's format, in parts that a message can hold. Their columns are called `c0`, `c1` and so on. */
export type EncodedRows = readonly Uint8Array[]

/** The size in memory of the rows of one part. */
const PART_BYTES = 16 * 1024 * 1024

/** Encodes the rows of a batch. */
export function encodeRows(batch: LogBatch): EncodedRows {
  const numbered = { ...batch, columns: batch.columns.map((column, at) => ({ ...column, name: `c${at}` })) }
  const rowBytes = batch.rowCount === 0 ? 1 : Math.max(1, batchBytes(batch) / batch.rowCount)
  const step = Math.max(1, Math.floor(PART_BYTES / rowBytes))
  const parts: Uint8Array[] = []
  for (let from = 0; from === 0 || from < batch.rowCount; from += step) {
    parts.push(encodeArrow(numbered, from, Math.min(batch.rowCount, from + step)))
  }
  return parts
}

/** Returns the value of a column of encoded rows in the type of the table. */
export function givenValue({ type }: ColumnDefinition, position: number, sqlType = sqlTypeOf(type)): PlanExpression {
  const given = attribute(`c${position}`)
  if (isNested(type)) return fromJson(given, type)
  return sqlType === 'timestamp_ntz' ? cast(given, sqlType) : given
}

/** The bytes that a command carries itself. The server takes messages of 128 MiB. */
const INLINE_BYTES = 32 * 1024 * 1024

/** Returns a function that makes relations of encoded rows. If there are many bytes, they are sent to the session first. */
export async function rowRelations(
  session: Session,
  all: readonly EncodedRows[],
): Promise<(rows: EncodedRows) => PlanRelation> {
  const bytes = all.flat().reduce((sum, { byteLength }) => sum + byteLength, 0)
  if (bytes <= INLINE_BYTES) return (rows) => union(rows.map(localRelation))
  const hashes = new Map<Uint8Array, string>()
  for (const part of all.flat()) hashes.set(part, await sendPart(session, part))
  return (rows) =>
    union(rows.map((part) => ({ relType: { case: 'cachedLocalRelation', value: { hash: hashes.get(part) ?? '' } } })))
}

const CHUNK_BYTES = 1024 * 1024

/** Sends a part as an artifact of the session. Resolves with the hash by which the session knows it. */
async function sendPart({ channel, common }: Session, part: Uint8Array): Promise<string> {
  const bytes = toBinary(LocalRelationSchema, create(LocalRelationSchema, { data: part }))
  const hash = createHash('sha256').update(bytes).digest('hex')
  const name = `cache/${hash}`
  const numChunks = Math.ceil(bytes.byteLength / CHUNK_BYTES)
  const chunk = (at: number) => {
    const data = bytes.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES)
    return { data, crc: BigInt(crc32(data)) }
  }
  const { artifacts } = await channel.upload(function* () {
    const first = { name, totalBytes: BigInt(bytes.byteLength), numChunks: BigInt(numChunks), initialChunk: chunk(0) }
    yield { ...common, payload: { case: 'beginChunk' as const, value: first } }
    for (let at = 1; at < numChunks; at++) yield { ...common, payload: { case: 'chunk' as const, value: chunk(at) } }
  })
  if (artifacts.every(({ isCrcSuccessful }) => isCrcSuccessful)) return hash
  throw new WriterTableError('rows were damaged on the way to the server', { transient: true, committed: 'no' })
}
