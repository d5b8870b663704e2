import { type AggregateQuery, and, column, gt, isNotNull, type LogBatch, type Value } from '@forge/writer-core'
import { evaluateExpression } from '@forge/writer-core/storage'
import { z } from 'zod'
import { isEnough, type RowRuleOptions, type Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'

/**
 * Requires that no two judged rows have the same values in these columns; the rows after the first of a key fail. A row with a null in one of them
 * passes unjudged. At a gate the judged rows are those of one write. Great Expectations counts every row of such a key as failing, which matters with
 * `mostly`, and by default judges rows that have a null in only some of several columns.
 */
export function unique<const Column extends string>(
  columns: Column | readonly Column[],
  options: RowRuleOptions = {},
): Rule<Column> {
  return UNIQUE.make(options, { columns: typeof columns === 'string' ? [columns] : columns })
}

export const UNIQUE = ruleKind('unique', {
  options: { columns: z.array(COLUMN).min(1).max(50), ...MOSTLY },
  make: ({ columns }) => {
    const groups = groupsOf(columns)
    return {
      columns,
      description: `${columns.join(', ')} ${columns.length === 1 ? 'is' : 'are together'} unique`,
      check: {
        kind: 'table',
        from: groups,
        measures: [
          { as: 'rows', fn: 'sum', of: column('n') },
          { as: 'keys', fn: 'count' },
        ],
        judge([figures], { mostly }) {
          const checkedRows = Number(figures?.rows ?? 0)
          const failingRows = checkedRows - Number(figures?.keys ?? 0)
          return {
            passed: isEnough(checkedRows, failingRows, mostly),
            observed: failingRows,
            checkedRows,
            failingRows,
          }
        },
        examples: {
          from: groups,
          where: gt('n', 1),
          groupBy: columns.map((name, at) => ({ as: name, by: column(`k${at}`) })),
          measures: [{ as: 'rows_with_this_key', fn: 'max', of: column('n') }],
          orderBy: [{ column: 'rows_with_this_key', descending: true }],
        },
        failingRows: (batch) => laterOfKey(batch, columns),
      },
    }
  },
})

function groupsOf(columns: readonly string[]): AggregateQuery {
  return {
    where: and(...columns.map((name) => isNotNull(name))),
    groupBy: columns.map((name, at) => ({ as: `k${at}`, by: column(name) })),
    measures: [{ as: 'n', fn: 'count' }],
  }
}

function laterOfKey(batch: LogBatch, columns: readonly string[]): number[] {
  const values = columns.map((name) => evaluateExpression(column(name), batch))
  const seen = new Set<string>()
  const later: number[] = []
  for (let row = 0; row < batch.rowCount; row++) {
    const key = values.map((each) => each[row] ?? null)
    if (key.includes(null)) continue
    const text = JSON.stringify(key.map(keyText))
    if (seen.has(text)) later.push(row)
    seen.add(text)
  }
  return later
}

/** NaN equals itself, and -0 equals 0. */
function keyText(value: Value): string {
  return `${typeof value} ${value === 0 ? 0 : value}`
}
