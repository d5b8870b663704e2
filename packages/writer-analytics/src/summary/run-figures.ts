import { type AggregateRow, call, column, eq, type GroupKey, type Measure, type TableReader } from '@forge/writer-core'
import { COUNTED_ROWS, type JudgedRows } from '../reading/judged-rows.ts'
import { isStep } from '../reading/step-rows.ts'
import { percentOf } from './step-figures.ts'

/** Figures of runs. */
export interface RunFigures {
  readonly runs: number
  readonly failedRuns: number
  /** 0-100; null of no runs. */
  readonly successRatePercent: number | null
}

const RUN: GroupKey = { as: 'run', by: column('run_id') }
const RUN_MEASURES: readonly Measure[] = [
  { as: 'runs', fn: 'count' },
  { as: 'failedRuns', fn: 'count', where: eq('ok', false) },
]

/** All runs. One succeeds when none of its steps failed; one that has no steps, when its own row did not. */
export async function allRuns(reader: TableReader, { rows, ok }: JudgedRows): Promise<RunFigures> {
  const [row = {}] = await reader.aggregate({
    from: {
      ...rows,
      groupBy: [RUN],
      measures: [
        { as: 'stepsOk', fn: 'all', of: ok, where: isStep },
        { as: 'rowsOk', fn: 'all', of: ok },
      ],
    },
    measures: [
      { as: 'runs', fn: 'count' },
      { as: 'failedRuns', fn: 'count', where: eq(call('coalesce', 'stepsOk', 'rowsOk'), false) },
    ],
  })
  return runFiguresOf(row)
}

interface Groups {
  /** Of steps alone. */
  readonly steps: JudgedRows
  readonly keys: readonly string[]
  readonly limit: number
  /** Count runs by a sketch, where they have one attempt each. */
  readonly approximate: boolean
}

/** Runs by group of steps: in a group a run fails when one of its steps there did. Ordered by steps, most first, then by the keys. */
export function runsByGroup(reader: TableReader, groups: Groups): Promise<AggregateRow[]> {
  const { steps, keys, limit, approximate } = groups
  const groupBy = keys.map((name) => ({ as: name, by: column(name) }))
  const orderBy = [{ column: 'steps', descending: true }, ...keys.map((name) => ({ column: name }))]
  if (approximate && !steps.rows.from) {
    const runs = { fn: 'countDistinct', of: column('run_id'), approximate } as const
    const measures: Measure[] = [
      { as: 'runs', ...runs },
      { as: 'failedRuns', ...runs, where: eq(steps.ok, false) },
      { as: 'steps', fn: 'count' },
    ]
    return reader.aggregate({ ...steps.rows, groupBy, measures, orderBy, limit })
  }
  return reader.aggregate({
    from: {
      ...steps.rows,
      groupBy: [...groupBy, RUN],
      measures: [steps.counted, { as: 'ok', fn: 'all', of: steps.ok }],
    },
    groupBy,
    measures: [...RUN_MEASURES, { as: 'steps', fn: 'sum', of: column(COUNTED_ROWS) }],
    orderBy,
    limit,
  })
}

export function runFiguresOf(row: AggregateRow): RunFigures {
  const runs = Number(row.runs ?? 0)
  // A sketch may tell more failed runs than runs.
  const failedRuns = Math.min(runs, Number(row.failedRuns ?? 0))
  return { runs, failedRuns, successRatePercent: percentOf(runs - failedRuns, runs) }
}
