import type { ColumnDefinition } from './column-definition.ts'

/** Says which limit of the column the value breaks, or undefined. Types are checked elsewhere. */
export function limitProblem(column: ColumnDefinition, value: unknown): string | undefined {
  if (typeof value === 'number') {
    if (column.type === 'double' && !Number.isFinite(value)) return 'a finite number'
    if (column.min !== undefined && value < column.min) return atLeast(column)
    if (column.max !== undefined && value > column.max) return atLeast(column)
    return undefined
  }
  if (typeof value === 'string') {
    if (column.notEmpty && value === '') return 'text that is not empty'
    if (column.oneOf && !column.oneOf.includes(value)) return `one of ${column.oneOf.join(', ')}`
    return undefined
  }
  if (typeof value === 'bigint' && column.min !== undefined && value < column.min) return atLeast(column)
  return undefined
}

function atLeast({ min, max }: ColumnDefinition): string {
  return max === undefined ? `at least ${min}` : `from ${min} to ${max}`
}
