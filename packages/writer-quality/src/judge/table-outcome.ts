import type { AggregateQuery, AggregateRow, Row, RuleOutcome } from '@forge/writer-core'
import { limitQuery } from '@forge/writer-core/storage'
import type { BoundTableRule } from './bind-rules.ts'
import { figuresOf, isAskedWithOthers } from './figures.ts'
import type { JudgeContext } from './judge-context.ts'

/** Returns the outcome of a rule on all rows together. */
export async function tableOutcome(
  bound: BoundTableRule,
  at: number,
  figures: AggregateRow,
  context: JudgeContext,
): Promise<RuleOutcome> {
  const { rule, check } = bound
  const query = limitQuery(queryOf(bound), rule.where)
  const own = isAskedWithOthers(bound) ? [figuresOf(bound, at, figures)] : await context.rows.aggregate(query)
  const history = check.needsHistory && context.history ? await (await context.history()).aggregate(query) : []
  const verdict = check.judge(own, { now: context.now, history, mostly: rule.mostly })
  const { passed, observed, checkedRows, failingRows, note } = verdict
  const isJudged = verdict.isJudged ?? !(passed && checkedRows === 0)
  return {
    rule: rule.name,
    columns: rule.columns,
    severity: rule.severity,
    verdict: isJudged ? (passed ? 'passed' : 'failed') : 'notJudged',
    passed,
    checkedRows,
    failingRows,
    failingShare: checkedRows === 0 ? 0 : failingRows / checkedRows,
    observed,
    examples: passed ? [] : await examplesOf(bound, context),
    unexpectedValues: [],
    description: rule.description,
    note,
  }
}

function queryOf({ check: { from, measures, groupBy, orderBy, limit } }: BoundTableRule): AggregateQuery {
  return {
    measures,
    from,
    groupBy,
    orderBy,
    limit,
  }
}

async function examplesOf({ rule, check }: BoundTableRule, { rows, maxExamples }: JudgeContext): Promise<Row[]> {
  if (!check.examples || maxExamples === 0) return []
  return rows.aggregate(limitQuery({ ...check.examples, limit: maxExamples }, rule.where))
}
