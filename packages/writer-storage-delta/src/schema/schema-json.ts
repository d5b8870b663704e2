import { WriterTableError } from '@forge/writer-core'
import type { Metadata } from '../actions/actions.ts'
import { type DeltaType, PRIMITIVES, type PrimitiveName, type StructField, type StructType } from './delta-type.ts'

const CACHE = new Map<string, StructType>()

/** Parses the table's schema. Throws WriterTableError if it is invalid. */
export function parseSchema({ schemaString }: Metadata): StructType {
  const known = CACHE.get(schemaString)
  if (known) return known
  let json: unknown
  try {
    json = JSON.parse(schemaString)
  } catch (cause) {
    throw new WriterTableError('the schema of the table is not JSON', { cause })
  }
  const type = parseType(json)
  if (type.kind !== 'struct') throw new WriterTableError('the schema of the table is not a struct')
  if (CACHE.size > 100) CACHE.clear()
  CACHE.set(schemaString, type)
  return type
}

export function formatSchema(schema: StructType): string {
  return JSON.stringify(typeJson(schema))
}

/** Returns the type in the protocol's spelling: a name, or JSON for nested types. */
export function typeJson(type: DeltaType): unknown {
  if (type.declared) return type.declared.json
  switch (type.kind) {
    case 'unknown':
      return type.json
    case 'primitive':
      return type.name
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'array':
      return { type: 'array', elementType: typeJson(type.element), containsNull: type.containsNull }
    case 'map':
      return {
        type: 'map',
        keyType: typeJson(type.key),
        valueType: typeJson(type.value),
        valueContainsNull: type.valueContainsNull,
      }
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields.map(({ name, type: inner, nullable, metadata }) => ({
          name,
          type: typeJson(inner),
          nullable,
          metadata,
        })),
      }
  }
}

function parseType(json: unknown): DeltaType {
  if (typeof json === 'string') return parsePrimitive(json)
  const { type, ...rest } = record(json)
  if (type === 'array') {
    return { kind: 'array', element: parseType(rest.elementType), containsNull: rest.containsNull !== false }
  }
  if (type === 'map') {
    const key = parseType(rest.keyType)
    const value = parseType(rest.valueType)
    return { kind: 'map', key, value, valueContainsNull: rest.valueContainsNull !== false }
  }
  if (type === 'struct' && Array.isArray(rest.fields)) {
    return { kind: 'struct', fields: rest.fields.map(parseField) }
  }
  // A user-defined type is stored as another type.
  if (type === 'udt' && rest.sqlType !== undefined) {
    return { ...parseType(rest.sqlType), declared: { name: 'udt', json } }
  }
  if (typeof type === 'string') return { kind: 'unknown', name: type, json }
  throw new WriterTableError('the schema of the table holds something that is not a type')
}

function parsePrimitive(name: string): DeltaType {
  if (PRIMITIVES.has(name)) return { kind: 'primitive', name: name as PrimitiveName }
  // Spark writes void as `void` or `null`, and `char` and `varchar` as strings with metadata.
  if (name === 'null') return { kind: 'primitive', name: 'void' }
  if (name === 'decimal') return { kind: 'decimal', precision: 10, scale: 0 }
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)$/.exec(name)
  if (decimal) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) }
  const unit = INTERVAL.exec(name)?.[1]
  if (unit === undefined) return { kind: 'unknown', name: name.replace(/\(.*$/, ''), json: name }
  const isMonths = unit === 'year' || unit === 'month'
  const declared = { name: 'interval', json: name, unit: isMonths ? 'months' : 'microseconds' }
  return { kind: 'primitive', name: isMonths ? 'integer' : 'long', declared }
}

/** Matches intervals of Spark, which are stored as a number of months or microseconds. */
const INTERVAL = /^interval (year|month|day|hour|minute|second)(?: to (?:month|hour|minute|second))?$/

function parseField(json: unknown): StructField {
  const { name, type, nullable, metadata } = record(json)
  if (typeof name !== 'string') throw new WriterTableError('the schema of the table has a field without a name')
  return { name, type: parseType(type), nullable: nullable !== false, metadata: record(metadata ?? {}) }
}

function record(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null) return json as Readonly<Record<string, unknown>>
  throw new WriterTableError('the schema of the table holds something that is not a type')
}
