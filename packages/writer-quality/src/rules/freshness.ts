import { column as columnOf } from '@forge/writer-core'
import { z } from 'zod'
import type { Rule, RuleOptions } from '../rule.ts'
import { COLUMN, ruleKind } from '../rule-kind.ts'
import { futureNote, pastTimes } from './future-rows.ts'

export interface FreshnessOptions extends RuleOptions {
  /** The maximum age of the newest time, in seconds, the unit of durations in the log. */
  readonly maxAgeSecs: number
}

/** Requires that the newest time of the column is recent enough. Nulls and times in the future are ignored; without any time it fails. */
export function freshness<const Column extends string>(column: Column, options: FreshnessOptions): Rule<Column> {
  return FRESHNESS.make(options, { column })
}

export const FRESHNESS = ruleKind('freshness', {
  options: { column: COLUMN, maxAgeSecs: z.number().min(0) },
  make: ({ column, maxAgeSecs }) => ({
    columns: [column],
    description: `the newest ${column} is at most ${maxAgeSecs} s old`,
    check: {
      kind: 'table',
      measures: (context) => {
        const { come, future } = pastTimes(column, context)
        const where = come && { where: come }
        return [
          { as: 'newest', fn: 'max', of: columnOf(column), ...where },
          { as: 'values', fn: 'count', of: columnOf(column), ...where },
          ...future,
        ]
      },
      judge([figures], { now }) {
        const newest = figures?.newest ?? null
        const ageSecs = (now.getTime() - Date.parse(String(newest))) / 1000
        return {
          passed: ageSecs <= maxAgeSecs,
          observed: newest,
          checkedRows: Number(figures?.values ?? 0),
          failingRows: 0,
          ...futureNote(Number(figures?.future ?? 0), column),
        }
      },
    },
  }),
})
