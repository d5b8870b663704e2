/** The types of the protocol's schema serialization. */
export type DeltaType = PrimitiveType | DecimalType | StructType | ArrayType | MapType

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

export interface PrimitiveType {
  readonly kind: 'primitive'
  readonly name: PrimitiveName
}

export interface DecimalType {
  readonly kind: 'decimal'
  readonly precision: number
  readonly scale: number
}

export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly StructField[]
}

export interface ArrayType {
  readonly kind: 'array'
  readonly element: DeltaType
  readonly containsNull: boolean
}

export interface MapType {
  readonly kind: 'map'
  readonly key: DeltaType
  readonly value: DeltaType
  readonly valueContainsNull: boolean
}

export interface StructField {
  readonly name: string
  readonly type: DeltaType
  readonly nullable: boolean
  /** Kept as it is, whatever it holds. */
  readonly metadata: Readonly<Record<string, unknown>>
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
