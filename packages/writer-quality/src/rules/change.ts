import { type AggregateRow, column as columnOf, isNotNull, type Measure } from '@forge/writer-core'
import { z } from 'zod'
import type { Rule, RuleOptions, TableVerdict } from '../rule.ts'
import { COLUMN, ruleKind } from '../rule-kind.ts'

export interface ChangeOptions<Column extends string = string> extends RuleOptions {
  /** What of the column is compared. Default `sum`. */
  readonly figure?: 'sum' | 'mean' | 'count'
  /** How many runs before the newest make the mean that it is compared with. Default 1: the previous run. */
  readonly window?: number
  /** Greatest decrease as a share of that mean: 0.5 lets it fall to half. Default: any. */
  readonly maxDecrease?: number
  /** Greatest increase as a share of that mean: 1 lets it double. Default: any. */
  readonly maxIncrease?: number
  /** Tells runs apart. Default `run_id`. */
  readonly run?: Column
  /** A time that orders the runs by its latest value. Default `created_at`. */
  readonly time?: Column
}

/**
 * The newest run differs from those before it by no more than a share. Runs come from the judged rows and, at a gate or for rows in memory, also from
 * the stored table. Give `where` for one pipeline of several. Nulls are left out; without a run before it passes.
 */
export function change<const Column extends string>(column: Column, options: ChangeOptions): Rule<Column> {
  return CHANGE.make({ ...options, column })
}

/** Runs of the judged rows that may be stored already, and are skipped in the history. */
const SPARE_RUNS = 100

const share = z.number().min(0).optional()

export const CHANGE = ruleKind('change', {
  options: {
    column: COLUMN,
    figure: z.enum(['sum', 'mean', 'count']).default('sum'),
    window: z.int().min(1).max(1000).default(1),
    maxDecrease: share,
    maxIncrease: share,
    run: COLUMN.default('run_id'),
    time: COLUMN.default('created_at'),
  },
  problem: ({ maxDecrease, maxIncrease }) =>
    maxDecrease === undefined && maxIncrease === undefined ? 'maxDecrease or maxIncrease must be given' : undefined,
  make: ({ column, figure, window, maxDecrease, maxIncrease, run, time }) => ({
    columns: [...new Set([column, run, time])],
    name: `change(${column})`,
    description: `the ${figure} of ${column} stays near that of ${window === 1 ? 'the run' : `the ${window} runs`} before`,
    check: {
      kind: 'table',
      groupBy: [{ as: 'run', by: columnOf(run) }],
      measures: [
        { ...figureOf(figure, column), as: 'figure', where: isNotNull(run) },
        { as: 'at', fn: 'max', of: columnOf(time) },
        { as: 'rows', fn: 'count' },
      ],
      orderBy: [{ column: 'at', descending: true }, { column: 'run' }],
      limit: window + SPARE_RUNS,
      needsHistory: true,
      judge: (runs, { history }) => judged(runs, history, { window, maxDecrease, maxIncrease }),
    },
  }),
})

function figureOf(figure: 'sum' | 'mean' | 'count', column: string): Measure {
  return { as: 'figure', fn: figure === 'mean' ? 'avg' : figure, of: columnOf(column) }
}

interface Bounds {
  readonly window: number
  readonly maxDecrease: number | undefined
  readonly maxIncrease: number | undefined
}

function judged(runs: readonly AggregateRow[], history: readonly AggregateRow[], bounds: Bounds): TableVerdict {
  const { window, maxDecrease = Number.POSITIVE_INFINITY, maxIncrease = Number.POSITIVE_INFINITY } = bounds
  const known = new Set(runs.map(({ run }) => run))
  const [newest, ...others] = runs.filter(isFilled)
  const earlier = [...others, ...history.filter((row) => isFilled(row) && !known.has(row.run ?? null))].slice(0, window)
  const checkedRows = Number(newest?.rows ?? 0)
  if (!newest || earlier.length === 0) return { passed: true, observed: null, checkedRows, failingRows: 0 }
  const before = earlier.reduce((total, { figure }) => total + Number(figure), 0) / earlier.length
  const now = Number(newest.figure)
  const observed = now === before ? 0 : (now - before) / Math.abs(before)
  return { passed: -observed <= maxDecrease && observed <= maxIncrease, observed, checkedRows, failingRows: 0 }
}

function isFilled({ figure, run }: AggregateRow): boolean {
  return (figure ?? null) !== null && (run ?? null) !== null
}
