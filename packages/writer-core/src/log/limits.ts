import type { ColumnDefinition } from './column-definition.ts'

/** The limits of a column, all in one shape, so that looking them up is quick. */
export interface Limits {
  readonly min: number
  readonly max: number
  readonly isFinite: boolean
  readonly notEmpty: boolean
  readonly oneOf: ReadonlySet<unknown> | undefined
}

export function limitsOf({ type, min, max, notEmpty = false, oneOf }: ColumnDefinition): Limits {
  return {
    min: min ?? Number.NEGATIVE_INFINITY,
    max: max ?? Number.POSITIVE_INFINITY,
    isFinite: type === 'double',
    notEmpty,
    oneOf: oneOf && new Set(oneOf),
  }
}

/** Says which limit the value breaks, or undefined. Types are checked elsewhere. */
export function limitProblem(limits: Limits, value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (limits.notEmpty && value === '') return 'text that is not empty'
    if (limits.oneOf && !limits.oneOf.has(value)) return `one of ${[...limits.oneOf].join(', ')}`
    return undefined
  }
  if (typeof value === 'number') {
    if (limits.isFinite && !Number.isFinite(value)) return 'a finite number'
    return value < limits.min || value > limits.max ? range(limits) : undefined
  }
  return typeof value === 'bigint' && (value < limits.min || value > limits.max) ? range(limits) : undefined
}

function range({ min, max }: Limits): string {
  return max === Number.POSITIVE_INFINITY ? `at least ${min}` : `from ${min} to ${max}`
}
