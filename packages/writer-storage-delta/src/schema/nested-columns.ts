import { type ColumnType, WriterUnsupportedError } from '@forge/writer-core'
import {
  decimalShape,
  decimalType,
  isDecimal,
  isNested,
  type NestedField,
  type NestedType,
  nestedShape,
  nestedType,
} from '@forge/writer-core/storage'
import type { DeltaType, PrimitiveName } from './delta-type.ts'

/** The types inside nested values. Bytes, times without a zone and void are missing, because JSON has no form for them. */
const INNER = {
  string: 'string',
  long: 'int64',
  integer: 'int32',
  short: 'int16',
  byte: 'int8',
  double: 'double',
  float: 'float',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
} as const satisfies Partial<Record<PrimitiveName, ColumnType>>

const INNER_TYPES: ReadonlyMap<string, ColumnType> = new Map(Object.entries(INNER))
const DELTA_NAMES: ReadonlyMap<ColumnType, PrimitiveName> = new Map(
  (Object.keys(INNER) as (keyof typeof INNER)[]).map((name) => [INNER[name], name]),
)
/** The types of map keys that JSON can have as names. */
const KEY_TYPES: ReadonlySet<ColumnType> = new Set<ColumnType>(['string', 'int64', 'int32', 'int16', 'int8'])

/** Returns the nested type of a batch for a nested type of Delta; undefined if batches cannot hold it. */
export function nestedColumnType(type: DeltaType): NestedType | undefined {
  switch (type.kind) {
    case 'array': {
      const element = innerType(type.element)
      return element && nestedType({ kind: 'array', element })
    }
    case 'map': {
      const [key, value] = [innerType(type.key), innerType(type.value)]
      return key && value && KEY_TYPES.has(key) ? nestedType({ kind: 'map', key, value }) : undefined
    }
    case 'struct': {
      const fields = type.fields.flatMap((field): NestedField | [] => {
        const inner = innerType(field.type)
        return inner === undefined ? [] : { name: field.name, type: inner }
      })
      return fields.length === type.fields.length && fields.length > 0
        ? nestedType({ kind: 'struct', fields })
        : undefined
    }
    default:
      return undefined
  }
}

function innerType(type: DeltaType): ColumnType | undefined {
  if (type.kind === 'decimal') return decimalType(type.precision, type.scale)
  return type.kind === 'primitive' ? INNER_TYPES.get(type.name) : nestedColumnType(type)
}

/** Returns Delta's type for a nested type of a batch. Throws WriterUnsupportedError if Delta does not have it. */
export function deltaNested(type: NestedType): DeltaType {
  const shape = nestedShape(type)
  switch (shape.kind) {
    case 'array':
      return { kind: 'array', element: deltaInner(shape.element), containsNull: true }
    case 'map':
      return { kind: 'map', key: deltaInner(shape.key), value: deltaInner(shape.value), valueContainsNull: true }
    case 'struct': {
      const field = ({ name, type: inner }: NestedField) => ({
        name,
        type: deltaInner(inner),
        nullable: true,
        metadata: {},
      })
      return { kind: 'struct', fields: shape.fields.map(field) }
    }
  }
}

function deltaInner(type: ColumnType): DeltaType {
  if (isNested(type)) return deltaNested(type)
  const decimal = isDecimal(type) ? decimalShape(type) : undefined
  if (decimal && decimal.precision <= 38) return { kind: 'decimal', ...decimal }
  const name = DELTA_NAMES.get(type)
  if (name !== undefined) return { kind: 'primitive', name }
  throw new WriterUnsupportedError(`a Delta table cannot have type ${type} inside nested values`, {
    context: { feature: type },
    committed: 'no',
  })
}
