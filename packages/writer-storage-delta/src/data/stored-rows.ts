import { WriterUnsupportedError } from '@forge/writer-core'
import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'
import { type DeltaType, isVoid, type StructField, type StructType } from '../schema/delta-type.ts'
import { engineType } from '../schema/engine-type.ts'

/**
 * A `select` that gives rows of the table as its data files hold them: each column of the type that the schema says, zeros without a sign, columns of type
 * void left out. Throws WriterUnsupportedError when no column is left, or when void is the type of elements.
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
 * Whether a value of the type may have to be changed before it is stored. Parquet writers merge -0.0 and +0.0 in a dictionary while their bloom filters
 * tell the two apart, so that readers miss one of them.
 */
function hasStoredForm(type: DeltaType): boolean {
  switch (type.kind) {
    case 'primitive':
      return type.name === 'double' || type.name === 'float' || type.name === 'void'
    case 'decimal':
    case 'unknown':
      return false
    case 'array':
      return hasStoredForm(type.element)
    case 'map':
      return hasStoredForm(type.key) || hasStoredForm(type.value)
    case 'struct':
      return type.fields.some((field) => hasStoredForm(field.type))
  }
}

function storedValue(value: string, type: DeltaType, depth: number): string {
  if (!hasStoredForm(type)) return value
  const item = `v${depth}`
  switch (type.kind) {
    case 'primitive':
      if (type.name === 'void') throw unsupportedVoid('a list or a map has elements of type void')
      // The sum of the two zeros is the positive one; all other values stay as they are.
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
      if (fields.length === 0) throw unsupportedVoid('a struct has nothing but fields of type void')
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
