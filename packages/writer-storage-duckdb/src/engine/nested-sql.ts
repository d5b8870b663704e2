import type { ColumnType } from '@forge/writer-core'
import { isDecimal, isNested, type NestedType, nestedShape } from '@forge/writer-core/storage'
import { quoteIdentifier } from './identifiers.ts'

/**
 * Returns the SQL that converts a nested value to JSON text without losing a digit: decimals, timestamps and infinite numbers become JSON strings.
 */
export function jsonTextSql(value: string, type: NestedType): string {
  return `cast(to_json(${exactForm(value, type, 0)}) as varchar)`
}

/** Returns the SQL that converts JSON text in the form of core to a nested value of an engine type. */
export function nestedSql(json: string, sqlType: string): string {
  return `cast(cast(${json} as json) as ${sqlType})`
}

/** Returns the SQL of the value with leaves that JSON keeps exactly. */
function exactForm(value: string, type: ColumnType, depth: number): string {
  if (!needsForm(type)) return value
  if (!isNested(type)) return leafForm(value, type)
  const shape = nestedShape(type)
  const item = `j${depth}`
  switch (shape.kind) {
    case 'array':
      return `list_transform(${value}, lambda ${item}: ${exactForm(item, shape.element, depth + 1)})`
    case 'map': {
      const mapped = exactForm(`${item}.value`, shape.value, depth + 1)
      const entries = `list_transform(map_entries(${value}), lambda ${item}: {'key': ${item}.key, 'value': ${mapped}})`
      return `case when ${value} is null then null else map_from_entries(${entries}) end`
    }
    case 'struct': {
      const fields = shape.fields.map(({ name, type: inner }) => {
        const field = quoteIdentifier(name)
        return `${field} := ${exactForm(`(${value}).${field}`, inner, depth)}`
      })
      return `case when ${value} is null then null else struct_pack(${fields.join(', ')}) end`
    }
  }
}

function needsForm(type: ColumnType): boolean {
  if (!isNested(type)) return isDecimal(type) || type === 'timestamp' || type === 'double' || type === 'float'
  const shape = nestedShape(type)
  switch (shape.kind) {
    case 'array':
      return needsForm(shape.element)
    case 'map':
      return needsForm(shape.value)
    case 'struct':
      return shape.fields.some((field) => needsForm(field.type))
  }
}

function leafForm(value: string, type: ColumnType): string {
  if (isDecimal(type)) return `cast(${value} as varchar)`
  if (type === 'timestamp') return `strftime(${value} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')`
  const word = `case when isnan(${value}) then 'NaN' when ${value} > 0 then 'Infinity' else '-Infinity' end`
  return `case when isfinite(${value}) then to_json(cast(${value} as double)) when ${value} is null then null else to_json(${word}) end`
}
