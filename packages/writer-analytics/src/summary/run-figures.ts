import {
  type AggregateRow,
  and,
  call,
  column,
  eq,
  type GroupKey,
  type Measure,
  type Predicate,
  type TableReader,
} from '@forge/writer-core'
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
export async function allRuns(reader: TableReader, where: Predicate): Promise<RunFigures> {
  const [row = {}] = await reader.aggregate({
    from: {
      where,
      groupBy: [RUN],
      measures: [
        { as: 'stepsOk', fn: 'all', of: column('success'), where: isStep },
        { as: 'rowsOk', fn: 'all', of: column('success') },
      ],
    },
    measures: [
      { as: 'runs', fn: 'count' },
      { as: 'failedRuns', fn: 'count', where: eq(call('coalesce', 'stepsOk', 'rowsOk'), false) },
    ],
  })
  return runFiguresOf(row)
}

/** Runs by group of steps: in a group a run fails when one of its steps there did. Ordered by steps, most first, then by the keys. */
export function runsByGroup(
  reader: TableReader,
  { where, keys, limit }: { readonly where: Predicate; readonly keys: readonly string[]; readonly limit: number },
): Promise<AggregateRow[]> {
  return reader.aggregate({
    from: {
      where: and(isStep, where),
      groupBy: [...keys.map((name) => ({ as: name, by: column(name) })), RUN],
      measures: [
        { as: 'stepsOfRun', fn: 'count' },
        { as: 'ok', fn: 'all', of: column('success') },
      ],
    },
    groupBy: keys.map((name) => ({ as: name, by: column(name) })),
    measures: [...RUN_MEASURES, { as: 'steps', fn: 'sum', of: column('stepsOfRun') }],
    orderBy: [{ column: 'steps', descending: true }, ...keys.map((name) => ({ column: name }))],
    limit,
  })
}

export function runFiguresOf(row: AggregateRow): RunFigures {
  const runs = Number(row.runs ?? 0)
  const failedRuns = Number(row.failedRuns ?? 0)
  return { runs, failedRuns, successRatePercent: percentOf(runs - failedRuns, runs) }
}
