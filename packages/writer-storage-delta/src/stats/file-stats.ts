import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import type { Metadata } from '../actions/actions.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import type { StructField } from '../schema/delta-type.ts'
import { parseSchema } from '../schema/schema-json.ts'
import { columnBounds, type WrittenColumn } from './column-bounds.ts'

/** The columns of a file by their quoted path, such as `"a"."b"`. */
export type WrittenColumns = ReadonlyMap<string, WrittenColumn>

/** Returns the statistics of a new file for the log: JSON text in which longs and decimals keep every digit. */
export function fileStats(metadata: Metadata, rows: number, columns: WrittenColumns): string {
  const { dataSkippingNumIndexedCols, dataSkippingStatsColumns } = tableProperties(metadata)
  const partitionColumns = new Set(metadata.partitionColumns)
  const fields = parseSchema(metadata).fields.filter((field) => !partitionColumns.has(field.name))
  const chosen = dataSkippingStatsColumns && new Set(dataSkippingStatsColumns.map((name) => name.toLowerCase()))
  const walk: Walk = {
    columns,
    left: chosen || dataSkippingNumIndexedCols < 0 ? Number.POSITIVE_INFINITY : dataSkippingNumIndexedCols,
    min: [],
    max: [],
    nulls: [],
  }
  collect(walk, chosen ? fields.filter((field) => chosen.has(field.name.toLowerCase())) : fields, '')
  const parts = [
    `"numRecords":${rows}`,
    `"minValues":{${walk.min.join(',')}}`,
    `"maxValues":{${walk.max.join(',')}}`,
    `"nullCount":{${walk.nulls.join(',')}}`,
  ]
  return `{${parts.join(',')}}`
}

interface Walk {
  readonly columns: WrittenColumns
  left: number
  readonly min: string[]
  readonly max: string[]
  readonly nulls: string[]
}

function collect(walk: Walk, fields: readonly StructField[], prefix: string): void {
  for (const field of fields) {
    if (walk.left <= 0) return
    const path = prefix + quoteIdentifier(field.name)
    const key = JSON.stringify(field.name)
    if (field.type.kind === 'struct') {
      const inner: Walk = { ...walk, min: [], max: [], nulls: [] }
      collect(inner, field.type.fields, `${path}.`)
      walk.left = inner.left
      if (inner.min.length > 0) walk.min.push(`${key}:{${inner.min.join(',')}}`)
      if (inner.max.length > 0) walk.max.push(`${key}:{${inner.max.join(',')}}`)
      if (inner.nulls.length > 0) walk.nulls.push(`${key}:{${inner.nulls.join(',')}}`)
      continue
    }
    walk.left--
    const column = walk.columns.get(path)
    if (column === undefined) continue
    const { min, max } = columnBounds(field.type, column)
    if (min !== undefined) walk.min.push(`${key}:${min}`)
    if (max !== undefined) walk.max.push(`${key}:${max}`)
    if (column.nullCount !== undefined) walk.nulls.push(`${key}:${column.nullCount}`)
  }
}
