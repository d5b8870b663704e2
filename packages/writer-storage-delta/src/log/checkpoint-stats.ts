import type { AddFile, Metadata } from '../actions/actions.ts'
import { partitionText } from '../partition/partition-value.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import { columnMappingMode, physicalName } from '../schema/column-mapping.ts'
import type { DeltaType, PrimitiveName, StructField } from '../schema/delta-type.ts'
import { engineType } from '../schema/engine-type.ts'
import { parseSchema } from '../schema/schema-json.ts'
import { rawStats } from '../stats/parsed-stats.ts'

/** A type in the engine's pattern for reading JSON: a name, or names with types. */
export type TypePattern = string | readonly TypePattern[] | { readonly [name: string]: TypePattern }

/** The form of the statistics in a checkpoint, which the table's properties decide: text, columns, both or none. */
export interface StatsLayout {
  /** The columns of `add` that this form adds. */
  readonly types: Readonly<Record<string, TypePattern>>
  /** Returns the file with the values of these columns. */
  withStats(add: AddFile): object
}

export function statsLayout(metadata: Metadata): StatsLayout {
  const { writeStatsAsJson, writeStatsAsStruct } = tableProperties(metadata)
  const asText: Record<string, TypePattern> = writeStatsAsJson ? { stats: 'VARCHAR' } : {}
  if (!writeStatsAsStruct) return { types: asText, withStats: (add) => add }
  const partitionTypes = partitionPattern(metadata)
  return {
    types: {
      ...asText,
      stats_parsed: statsPattern(metadata),
      ...(partitionTypes ? { partitionValues_parsed: partitionTypes } : {}),
    },
    withStats: (add) => ({
      ...add,
      stats_parsed: rawStats(add),
      ...(partitionTypes ? { partitionValues_parsed: parsedValues(add, Object.keys(partitionTypes)) } : {}),
    }),
  }
}

function statsPattern(metadata: Metadata): TypePattern {
  const mode = columnMappingMode(metadata)
  const fields = parseSchema(metadata).fields.filter((field) => !metadata.partitionColumns.includes(field.name))
  const nameOf = (field: StructField) => physicalName(field, mode)
  const bounds = structPattern(fields, nameOf, (type) => (hasBounds(type) ? engineType(type) : undefined))
  const nulls = structPattern(fields, nameOf, () => 'BIGINT')
  return {
    numRecords: 'BIGINT',
    tightBounds: 'BOOLEAN',
    ...(bounds ? { minValues: bounds, maxValues: bounds } : {}),
    ...(nulls ? { nullCount: nulls } : {}),
  }
}

/** Returns the pattern of a struct; undefined if no field has a type. */
function structPattern(
  fields: readonly StructField[],
  nameOf: (field: StructField) => string,
  leaf: (type: DeltaType) => string | undefined,
): TypePattern | undefined {
  const entries = fields.flatMap((field) => {
    const type = field.type.kind === 'struct' ? structPattern(field.type.fields, nameOf, leaf) : leaf(field.type)
    return type === undefined ? [] : [[nameOf(field), type] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

const WITHOUT_BOUNDS: ReadonlySet<PrimitiveName> = new Set(['binary', 'boolean', 'void'])

function hasBounds(type: DeltaType): boolean {
  return type.kind === 'decimal' || (type.kind === 'primitive' && !WITHOUT_BOUNDS.has(type.name))
}

const PLAIN_PARTITIONS: ReadonlySet<PrimitiveName> = new Set([
  'string',
  'long',
  'integer',
  'short',
  'byte',
  'boolean',
  'date',
  'timestamp',
  'timestamp_ntz',
])

/** Returns the pattern of the partition values. Undefined if the text of a column could be misread; readers then use the text. */
function partitionPattern(metadata: Metadata): TypePattern | undefined {
  const mode = columnMappingMode(metadata)
  const fields = parseSchema(metadata).fields.filter((field) => metadata.partitionColumns.includes(field.name))
  const isPlain = fields.every(({ type }) => type.kind === 'primitive' && PLAIN_PARTITIONS.has(type.name))
  if (fields.length === 0 || !isPlain) return undefined
  return Object.fromEntries(fields.map((field) => [physicalName(field, mode), engineType(field.type)]))
}

function parsedValues(add: AddFile, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, partitionText(add, name) ?? null]))
}
