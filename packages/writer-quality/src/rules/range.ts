import { and, gte, isNotNull, lte } from '@forge/writer-core'
import { z } from 'zod'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'
import { limitsProblem } from './limits.ts'

type Bound = number | bigint | string | Date

export interface RangeOptions extends RowRuleOptions {
  /** The minimum. Times are Dates or ISO 8601 text. Default: none. */
  readonly min?: Bound | undefined
  /** The maximum. Default: none. */
  readonly max?: Bound | undefined
}

/**
 * Requires a value between both ends, inclusive. Null passes unjudged; NaN is greater than every number, while Great Expectations, on pandas, treats
 * it as missing.
 */
export function range<const Column extends string>(column: Column, options: RangeOptions): Rule<Column> {
  return RANGE.make(options, { column })
}

const bound = z.union([z.number(), z.bigint(), z.string().max(10_000), z.date()]).optional()

export const RANGE = ruleKind('range', {
  options: { column: COLUMN, min: bound, max: bound, ...MOSTLY },
  problem: limitsProblem,
  make: ({ column, min, max }) => ({
    columns: [column],
    description: `${column} is ${between(min, max)}`,
    check: {
      kind: 'row',
      passes: and(...(min === undefined ? [] : [gte(column, min)]), ...(max === undefined ? [] : [lte(column, max)])),
      applies: isNotNull(column),
    },
  }),
})

/** Returns a text such as `at least 1`, `at most 2` or `from 1 to 2`. */
export function between(min: Bound | undefined, max: Bound | undefined): string {
  if (max === undefined) return `at least ${text(min)}`
  return min === undefined ? `at most ${text(max)}` : `from ${text(min)} to ${text(max)}`
}

function text(value: Bound | undefined): string {
  return value instanceof Date ? value.toISOString() : String(value)
}
