import { type AggregateRow, batchRows, column, type Row, type RuleOutcome, type Value } from '@forge/writer-core'
import { findColumn, predicateColumns } from '@forge/writer-core/storage'
import { isEnough } from '../rule.ts'
import type { BoundRowRule } from './bind-rules.ts'
import type { JudgeContext } from './judge-context.ts'

const MAX_VALUES = 10

/** Returns the outcome of a rule on single rows, with some of the failing rows. */
export async function rowOutcome(
  bound: BoundRowRule,
  at: number,
  figures: AggregateRow,
  context: JudgeContext,
): Promise<RuleOutcome> {
  const { rule } = bound
  const checkedRows = Number(figures[`c${at}`] ?? 0)
  const failingRows = Number(figures[`f${at}`] ?? 0)
  const passed = isEnough(checkedRows, failingRows, rule.mostly)
  const isShown = failingRows > 0 && context.maxExamples > 0
  return {
    rule: rule.name,
    columns: rule.columns,
    severity: rule.severity,
    verdict: checkedRows === 0 ? 'notJudged' : passed ? 'passed' : 'failed',
    passed,
    checkedRows,
    failingRows,
    failingShare: checkedRows === 0 ? 0 : failingRows / checkedRows,
    examples: isShown ? await failingExamples(bound, context) : [],
    unexpectedValues: isShown ? await unexpectedValues(bound, context) : [],
    description: rule.description,
  }
}

/** Reads failing rows, with the keys of the row and the columns of the rule. */
async function failingExamples({ rule, fails }: BoundRowRule, context: JudgeContext): Promise<Row[]> {
  const { rows, keys, maxExamples } = context
  const names = new Set([...keys, ...rule.columns, ...predicateColumns(fails)])
  const columns = [...names].filter((name) => findColumn(name, rows.columns))
  const examples: Row[] = []
  for await (const batch of rows.scan({ columns, where: fails, limit: maxExamples })) {
    examples.push(...batchRows(batch))
  }
  return examples
}

/** Returns the most frequent values of failing rows, if the rule is about one column. */
async function unexpectedValues({ rule, fails }: BoundRowRule, { rows }: JudgeContext): Promise<UnexpectedValue[]> {
  const [name, second] = rule.columns
  if (name === undefined || second !== undefined) return []
  const found = await rows.aggregate({
    where: fails,
    groupBy: [{ as: 'value', by: column(name) }],
    measures: [{ as: 'count', fn: 'count' }],
    orderBy: [{ column: 'count', descending: true }, { column: 'value' }],
    limit: MAX_VALUES,
  })
  return found.map(({ value = null, count }) => ({ value: shorten(value), count: Number(count) }))
}

type UnexpectedValue = RuleOutcome['unexpectedValues'][number]

const MAX_TEXT = 500

function shorten(value: Value): Value {
  return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
}
