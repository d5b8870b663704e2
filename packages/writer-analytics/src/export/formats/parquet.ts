import { gzipSync } from 'node:zlib'
import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { type DecimalType, decimalShape, isDecimal, isNested, isValid, vectorOf } from '@forge/writer-core/storage'
import type { ColumnSource, SchemaElement } from 'hyparquet-writer'
import type { Exporter } from './exporter.ts'

/** Encodes Parquet with a library, for storages that cannot write it. */
export const parquet: Exporter = {
  ending: 'parquet',
  compressions: ['snappy', 'gzip', 'uncompressed'],
  wrapped: false,
  async *encode(batches, { columns, compression }) {
    const { ByteWriter, ParquetWriter } = await import('hyparquet-writer')
    const sink = new ByteWriter()
    const writer = new ParquetWriter({
      writer: sink,
      schema: [
        { name: 'log', num_children: columns.length, repetition_type: 'REQUIRED' },
        ...columns.map(schemaElement),
      ],
      codec: compression === 'gzip' ? 'GZIP' : compression === 'snappy' ? 'SNAPPY' : 'UNCOMPRESSED',
      compressors: { GZIP: (bytes) => gzipSync(bytes) },
      createdBy: 'forge-writer',
    })
    for await (const group of rowGroups(batches)) {
      const rows = group.reduce((sum, { rowCount }) => sum + rowCount, 0)
      await writer.write({ columnData: columns.map((column) => columnSource(column, group)), rowGroupSize: rows })
      yield takeBytes(sink)
    }
    await writer.finish()
    yield takeBytes(sink)
  },
}

const ROW_GROUP_ROWS = 50_000

/** Collects batches until they fill a row group. */
async function* rowGroups(batches: AsyncIterable<LogBatch>): AsyncGenerator<LogBatch[]> {
  let group: LogBatch[] = []
  let rows = 0
  for await (const batch of batches) {
    if (batch.rowCount === 0) continue
    group.push(batch)
    rows += batch.rowCount
    if (rows < ROW_GROUP_ROWS) continue
    yield group
    group = []
    rows = 0
  }
  if (rows > 0) yield group
}

/** Takes the bytes out of the sink. Its position in the file continues. */
function takeBytes(sink: { getBytes(): Uint8Array; index: number }): Uint8Array {
  const bytes = sink.getBytes().slice()
  sink.index = 0
  return bytes
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const

function schemaElement({ name, type, nullable }: ColumnDefinition): SchemaElement {
  const common = { name, repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED' } as const
  if (isDecimal(type)) return { ...common, ...decimalElement(type) }
  if (isNested(type)) return { ...common, ...TEXT }
  switch (type) {
    case 'string':
    case 'json':
      return { ...common, ...TEXT }
    case 'int64':
      return { ...common, type: 'INT64' }
    case 'int32':
      return { ...common, type: 'INT32' }
    case 'int16':
      return { ...common, type: 'INT32', converted_type: 'INT_16' }
    case 'int8':
      return { ...common, type: 'INT32', converted_type: 'INT_8' }
    case 'binary':
      return { ...common, type: 'BYTE_ARRAY' }
    case 'double':
      return { ...common, type: 'DOUBLE' }
    case 'float':
      return { ...common, type: 'FLOAT' }
    case 'boolean':
      return { ...common, type: 'BOOLEAN' }
    case 'date':
      return { ...common, type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } }
    case 'timestamp':
      return {
        ...common,
        type: 'INT64',
        converted_type: 'TIMESTAMP_MICROS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      }
  }
}

/** Returns the element of a decimal: 16 bytes for up to 38 digits, text for 39 digits, for which Parquet has no decimal. */
function decimalElement(type: DecimalType): Omit<SchemaElement, 'name'> {
  const { precision, scale } = decimalShape(type) ?? { precision: 38, scale: 0 }
  if (precision > 38) return TEXT
  return {
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: 16,
    converted_type: 'DECIMAL',
    precision,
    scale,
    logical_type: { type: 'DECIMAL', precision, scale },
  }
}

function columnSource({ name, type }: ColumnDefinition, batches: readonly LogBatch[]): ColumnSource {
  const data: unknown[] = []
  for (const batch of batches) {
    const vector = vectorOf(batch, name)
    if (vector === undefined) continue
    const present = (index: number) => {
      const value = vector.values[index]
      if (vector.kind === 'decimal' && (decimalShape(type)?.precision ?? 0) > 38) return String(value)
      if (vector.kind === 'dictionary') return vector.dictionary[Number(value)]
      return vector.kind === 'boolean' ? value === 1 : value
    }
    for (let index = 0; index < batch.rowCount; index++)
      data.push(isValid(vector.validity, index) ? present(index) : null)
  }
  return { name, data }
}
