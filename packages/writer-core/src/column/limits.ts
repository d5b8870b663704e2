import type { ColumnDefinition } from './column-definition.ts'

/** The limits of a column. All have one shape, which makes property access fast. */
export interface Limits {
  readonly min: number
  readonly max: number
  readonly finiteOnly: boolean
  readonly notEmpty: boolean
  readonly oneOf: ReadonlySet<unknown> | undefined
}

export function limitsOf({ type, min, max, notEmpty = false, oneOf }: ColumnDefinition): Limits {
  const finiteOnly = type === 'double'
  const furthest = finiteOnly ? Number.MAX_VALUE : Number.POSITIVE_INFINITY
  return { min: min ?? -furthest, max: max ?? furthest, finiteOnly, notEmpty, oneOf: oneOf && new Set(oneOf) }
}

/** Returns what was expected instead of this text, or undefined. */
export function textProblem({ notEmpty, oneOf }: Limits, text: string): string | undefined {
  if (notEmpty && text === '') return 'a non-empty string'
  if (oneOf && !oneOf.has(text)) return `one of ${[...oneOf].join(', ')}`
  return text.isWellFormed() ? undefined : 'well-formed text (no lone surrogates)'
}

/** Returns what was expected instead of this number, or undefined. */
export function numberProblem({ min, max, finiteOnly }: Limits, value: number | bigint): string | undefined {
  if (value >= min && value <= max) return undefined
  if (finiteOnly && !Number.isFinite(Number(value))) return 'a finite number'
  if (Number.isNaN(value)) return undefined
  return max >= Number.MAX_VALUE ? `at least ${min}` : `from ${min} to ${max}`
}
