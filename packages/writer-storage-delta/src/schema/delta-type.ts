/** The types of the protocol's schema serialization. */
export type DeltaType = PrimitiveType | DecimalType | StructType | ArrayType | MapType | UnknownType

export type PrimitiveName =
  | 'string'
  | 'long'
  | 'integer'
  | 'short'
  | 'byte'
  | 'float'
  | 'double'
  | 'boolean'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'void'

/** The declared type, if its values are stored as another type: a user-defined type, or an interval. */
interface Declared {
  readonly declared?: { readonly name: string; readonly json: unknown; readonly unit?: string | undefined } | undefined
}

export interface PrimitiveType extends Declared {
  readonly kind: 'primitive'
  readonly name: PrimitiveName
}

export interface DecimalType extends Declared {
  readonly kind: 'decimal'
  readonly precision: number
  readonly scale: number
}

export interface StructType extends Declared {
  readonly kind: 'struct'
  readonly fields: readonly StructField[]
}

export interface ArrayType extends Declared {
  readonly kind: 'array'
  readonly element: DeltaType
  readonly containsNull: boolean
}

export interface MapType extends Declared {
  readonly kind: 'map'
  readonly key: DeltaType
  readonly value: DeltaType
  readonly valueContainsNull: boolean
}

/** A type that this engine does not know. Its values cannot be read. */
export interface UnknownType extends Declared {
  readonly kind: 'unknown'
  readonly name: string
  readonly json: unknown
}

export interface StructField {
  readonly name: string
  readonly type: DeltaType
  readonly nullable: boolean
  /** The metadata of the field, kept unchanged. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Returns the type itself, or the first type inside it, that this engine does not know. */
export function unknownType(type: DeltaType): UnknownType | undefined {
  switch (type.kind) {
    case 'unknown':
      return type
    case 'array':
      return unknownType(type.element)
    case 'map':
      return unknownType(type.key) ?? unknownType(type.value)
    case 'struct':
      return type.fields.map((field) => unknownType(field.type)).find((found) => found !== undefined)
    case 'primitive':
    case 'decimal':
      return undefined
  }
}

/** Returns the name of the type itself, or the first type inside it, that is unknown or stored as another type. */
export function foreignType(type: DeltaType): string | undefined {
  if (type.declared) return type.declared.name
  switch (type.kind) {
    case 'unknown':
      return type.name
    case 'array':
      return foreignType(type.element)
    case 'map':
      return foreignType(type.key) ?? foreignType(type.value)
    case 'struct':
      return type.fields.map((field) => foreignType(field.type)).find((found) => found !== undefined)
    case 'primitive':
    case 'decimal':
      return undefined
  }
}

/** Returns true if a column has no values and therefore no place in a data file. */
export function isVoid(type: DeltaType): boolean {
  return type.kind === 'primitive' && type.name === 'void'
}

export const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveName>([
  'string',
  'long',
  'integer',
  'short',
  'byte',
  'float',
  'double',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  'void',
])

/** Returns whether a type is a primitive type whose name is wanted, or contains one. */
export function hasPrimitive(type: DeltaType, isWanted: (name: string) => boolean): boolean {
  switch (type.kind) {
    case 'primitive':
      return isWanted(type.name)
    case 'decimal':
    case 'unknown':
      return false
    case 'array':
      return hasPrimitive(type.element, isWanted)
    case 'map':
      return hasPrimitive(type.key, isWanted) || hasPrimitive(type.value, isWanted)
    case 'struct':
      return type.fields.some((field) => hasPrimitive(field.type, isWanted))
  }
}
