import { WriterUnsupportedError } from '@forge/writer-core'
import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import { type DeltaType, hasPrimitive, isVoid, type StructField, type StructType } from '../schema/delta-type.ts'
import { engineType } from '../schema/engine-type.ts'

/**
 * Returns a `select` of the rows as data files hold them: each column has the type of the schema, zeros have no sign, and columns of type void are
 * left out. Throws WriterUnsupportedError if no column is left, or if elements are of type void.
 */
export function storedRowsSql({ fields }: StructType, rows: string): string {
  const stored = fields.filter(({ type }) => !isVoid(type))
  if (stored.length === 0) throw unsupportedVoid('all of its columns are void')
  const columns = stored.map((field) => `${storedSql(field)} as ${quoteIdentifier(field.name)}`)
  return `select ${columns.join(', ')} from (${rows})`
}

function storedSql({ name, type }: StructField): string {
  const column = quoteIdentifier(name)
  return hasStoredForm(type) ? storedValue(`${column}::${engineType(type)}`, type, 0) : `${column}::${engineType(type)}`
}

/**
 * Returns true if a value of the type may have to change before it is stored. Parquet writers merge -0.0 and +0.0 in a dictionary but keep them
 * separate in bloom filters, so readers would miss one of them.
 */
function hasStoredForm(type: DeltaType): boolean {
  return hasPrimitive(type, (name) => name === 'double' || name === 'float' || name === 'void')
}

function storedValue(value: string, type: DeltaType, depth: number): string {
  if (!hasStoredForm(type)) return value
  const item = `v${depth}`
  switch (type.kind) {
    case 'primitive':
      if (type.name === 'void') throw unsupportedVoid('a list or a map has elements of type void')
      // The sum of a negative and a positive zero is the positive zero. All other values stay the same.
      return `(${value} + 0::${engineType(type)})`
    case 'decimal':
    case 'unknown':
      return value
    case 'array':
      return `list_transform(${value}, lambda ${item}: ${storedValue(item, type.element, depth + 1)})`
    case 'map': {
      const key = storedValue(`${item}.key`, type.key, depth + 1)
      const mapped = storedValue(`${item}.value`, type.value, depth + 1)
      const entries = `list_transform(map_entries(${value}), lambda ${item}: {'key': ${key}, 'value': ${mapped}})`
      return `case when ${value} is null then null else map_from_entries(${entries}) end`
    }
    case 'struct': {
      const fields = type.fields.flatMap((field) => {
        if (isVoid(field.type)) return []
        const name = quoteIdentifier(field.name)
        return `${name} := ${storedValue(`(${value}).${name}`, field.type, depth)}`
      })
      if (fields.length === 0) throw unsupportedVoid('a struct has only fields of type void')
      return `case when ${value} is null then null else struct_pack(${fields.join(', ')}) end`
    }
  }
}

function unsupportedVoid(problem: string): WriterUnsupportedError {
  return new WriterUnsupportedError(`the Delta table cannot be written: ${problem}`, {
    context: { feature: 'void' },
    suggestions: ['Add a column of another type first.'],
    committed: 'no',
  })
}
