import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import { type DeltaType, hasPrimitive } from '../schema/delta-type.ts'

/**
 * Returns an expression whose texts are bytes, because the engine's interface drops a U+FEFF at the start of a text. Maps with texts become lists of
 * their entries.
 */
export function exactValue(value: string, type: DeltaType, depth = 0): string {
  if (!holdsText(type)) return value
  const item = `x${depth}`
  switch (type.kind) {
    case 'primitive':
    case 'decimal':
    case 'unknown':
      return `encode(${value})`
    case 'array':
      return `list_transform(${value}, lambda ${item}: ${exactValue(item, type.element, depth + 1)})`
    case 'map': {
      const key = exactValue(`${item}.key`, type.key, depth + 1)
      const mapped = exactValue(`${item}.value`, type.value, depth + 1)
      return `list_transform(map_entries(${value}), lambda ${item}: {'key': ${key}, 'value': ${mapped}})`
    }
    case 'struct': {
      const fields = type.fields.map(({ name, type: inner }) => {
        const field = quoteIdentifier(name)
        return `${field} := ${exactValue(`${value}.${field}`, inner, depth)}`
      })
      return `case when ${value} is null then null else struct_pack(${fields.join(', ')}) end`
    }
  }
}

function holdsText(type: DeltaType): boolean {
  return hasPrimitive(type, (name) => name === 'string')
}
