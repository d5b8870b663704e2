import { and, call, gte, isNotNull, lte } from '@forge/writer-core'
import { z } from 'zod'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'
import { limitsProblem } from './limits.ts'
import { between } from './range.ts'

export interface LengthOptions extends RowRuleOptions {
  /** The minimum number of characters (code points). Default: none. */
  readonly min?: number | undefined
  /** The maximum number of characters. Default: none. */
  readonly max?: number | undefined
}

/** Requires that the text is neither too short nor too long. Null passes unjudged; the empty text has length 0. */
export function length<const Column extends string>(column: Column, options: LengthOptions): Rule<Column> {
  return LENGTH.make(options, { column })
}

const characters = z.int().min(0).optional()

export const LENGTH = ruleKind('length', {
  options: { column: COLUMN, min: characters, max: characters, ...MOSTLY },
  problem: limitsProblem,
  make: ({ column, min, max }) => ({
    columns: [column],
    description: `${column} has ${between(min, max)} characters`,
    check: {
      kind: 'row',
      passes: and(
        ...(min === undefined ? [] : [gte(call('length', column), min)]),
        ...(max === undefined ? [] : [lte(call('length', column), max)]),
      ),
      applies: isNotNull(column),
    },
  }),
})
