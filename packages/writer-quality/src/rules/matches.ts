import { isNotNull, matches as matchesPattern } from '@forge/writer-core'
import type { OptionProblem } from '@forge/writer-core/storage'
import { RE2JS } from 're2js'
import { z } from 'zod'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'

export interface MatchesOptions extends RowRuleOptions {
  /** The pattern in RE2 syntax, which may match anywhere in the text; `^` and `$` anchor it. Up to 1000 characters. */
  readonly pattern: string
}

/** Requires that the text matches a regular expression, in time that is linear in the text. Null passes unjudged. */
export function matches<const Column extends string>(column: Column, options: MatchesOptions): Rule<Column> {
  return MATCHES.make(options, { column })
}

export const MATCHES = ruleKind('matches', {
  options: { column: COLUMN, pattern: z.string().min(1).max(1000), ...MOSTLY },
  problem: ({ pattern }) => patternProblem(pattern),
  make: ({ column, pattern }) => ({
    columns: [column],
    description: `${column} matches ${pattern}`,
    check: { kind: 'row', passes: matchesPattern(column, pattern), applies: isNotNull(column) },
  }),
})

function patternProblem(pattern: string): OptionProblem | undefined {
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch {
    const problem = 'must be a regular expression of RE2, which has neither look-around nor back-references'
    return { setting: 'pattern', problem, value: pattern.slice(0, 100) }
  }
}
