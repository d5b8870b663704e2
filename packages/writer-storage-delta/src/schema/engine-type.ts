import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import type { DeltaType, PrimitiveName } from './delta-type.ts'

const ENGINE_TYPES: Readonly<Record<PrimitiveName, string>> = {
  string: 'varchar',
  long: 'bigint',
  integer: 'integer',
  short: 'smallint',
  byte: 'tinyint',
  float: 'float',
  double: 'double',
  boolean: 'boolean',
  binary: 'blob',
  date: 'date',
  timestamp: 'timestamptz',
  timestamp_ntz: 'timestamp',
  void: 'integer',
}

/** Returns the engine's type for a Delta type, with logical names. Void and unknown types have no values, so any type serves for their nulls. */
export function engineType(type: DeltaType): string {
  switch (type.kind) {
    case 'primitive':
      return ENGINE_TYPES[type.name]
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`
    case 'unknown':
      return 'varchar'
    case 'array':
      return `${engineType(type.element)}[]`
    case 'map':
      return `map(${engineType(type.key)}, ${engineType(type.value)})`
    case 'struct':
      return `struct(${type.fields.map((field) => `${quoteIdentifier(field.name)} ${engineType(field.type)}`).join(', ')})`
  }
}
