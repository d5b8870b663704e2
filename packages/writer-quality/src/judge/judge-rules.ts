import { performance } from 'node:perf_hooks'
import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import type { Rule } from '../rule.ts'
import { type BoundRule, bindRules } from './bind-rules.ts'
import { ruleFigures } from './figures.ts'
import type { JudgeContext } from './judge-context.ts'
import { rowOutcome } from './row-outcome.ts'
import { tableOutcome } from './table-outcome.ts'
import { verdictOf } from './verdict.ts'

export interface JudgedRules {
  readonly result: QualityResult
  readonly bound: readonly BoundRule[]
}

/** Judges rows by rules: one query for the counts of all rules on rows, then some failing rows of those that fail. */
export async function judgeRules(rules: readonly Rule[], context: JudgeContext): Promise<JudgedRules> {
  const startedMs = performance.now()
  const bound = bindRules(rules, { columns: context.rows.columns, now: context.now })
  const figures = await ruleFigures(bound, context.rows)
  const outcomes: RuleOutcome[] = []
  for (const [at, each] of bound.entries()) {
    outcomes.push(
      each.kind === 'row'
        ? await rowOutcome(each, at, figures, context)
        : await tableOutcome(each, at, figures, context),
    )
  }
  const rows = Number(figures.rows ?? 0)
  const invalidRows = Number(figures.invalid ?? 0)
  const judged = { bound, outcomes, rows, invalidRows, durationMs: performance.now() - startedMs }
  return { result: verdictOf(judged, context), bound }
}
