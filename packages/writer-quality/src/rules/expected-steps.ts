import { type AggregateQuery, column, eq, isNotNull, or } from '@forge/writer-core'
import { z } from 'zod'
import { isEnough, type RowRuleOptions, type Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'

export interface ExpectedStepsOptions extends RowRuleOptions {
  /** The names of the steps that every run must have. */
  readonly steps: readonly string[]
  /** The column that identifies a run. Default `run_id`. */
  readonly run?: string | undefined
  /** The column that names the step. Default `step_name`. */
  readonly step?: string | undefined
}

/**
 * Requires that every run has all of its steps; the figures count runs. Use it on a table, or for writes of whole runs. Rows without a run are left
 * out, and a step without a name is not one of those expected. Without rows there are no runs, and the rule passes. Great Expectations checks whether
 * the whole table has the values, and fails without rows.
 */
export function expectedSteps(options: ExpectedStepsOptions): Rule {
  return EXPECTED_STEPS.make(options)
}

/** The maximum number of unseen steps that a note lists. */
const MAX_NAMED = 10

export const EXPECTED_STEPS = ruleKind('expectedSteps', {
  options: {
    steps: z.array(z.string().min(1).max(1000)).min(1).max(200),
    run: COLUMN.default('run_id'),
    step: COLUMN.default('step_name'),
    ...MOSTLY,
  },
  make: ({ steps, run, step }) => {
    const runs: AggregateQuery = {
      where: isNotNull(run),
      groupBy: [{ as: 'run', by: column(run) }],
      measures: steps.map((name, at) => ({ as: `s${at}`, fn: 'count', where: eq(step, name) })),
    }
    const isIncomplete = or(...steps.map((_name, at) => eq(`s${at}`, 0)))
    return {
      columns: [run, step],
      name: 'expectedSteps',
      description: `every run has the steps ${steps.join(', ')}`.slice(0, 2000),
      check: {
        kind: 'table',
        from: runs,
        measures: [
          { as: 'runs', fn: 'count' },
          { as: 'incomplete', fn: 'count', where: isIncomplete },
          ...steps.map((_name, at) => ({ as: `n${at}`, fn: 'sum', of: column(`s${at}`) }) as const),
        ],
        judge([figures], { mostly }) {
          const checkedRows = Number(figures?.runs ?? 0)
          const failingRows = Number(figures?.incomplete ?? 0)
          const passed = isEnough(checkedRows, failingRows, mostly)
          const unseen = checkedRows === 0 ? [] : steps.filter((_name, at) => Number(figures?.[`n${at}`] ?? 0) === 0)
          const note = unseen.length > 0 && { note: `no run has the step ${unseen.slice(0, MAX_NAMED).join(', ')}` }
          return { passed, observed: failingRows, checkedRows, failingRows, ...note }
        },
        examples: { from: runs, where: isIncomplete, groupBy: [{ as: run, by: column('run') }], measures: [] },
      },
    }
  },
})
