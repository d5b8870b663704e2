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

/** The type as the schema declares it, if its values are stored as those of another: of a user's own type, or of an interval. */
interface Declared {
  readonly declared?: { readonly name: string; readonly json: unknown; readonly unit?: string }
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

/** A type that this engine does not know, so that its values cannot be read. */
export interface UnknownType extends Declared {
  readonly kind: 'unknown'
  readonly name: string
  readonly json: unknown
}

export interface StructField {
  readonly name: string
  readonly type: DeltaType
  readonly nullable: boolean
  /** Kept as it is, whatever it holds. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** The first type in it, or itself, that this engine does not know. */
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

/** The name of the first type in it, or of itself, that is not known or is stored as another. */
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

/** Whether a column has no values, and so no place in a data file. */
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
