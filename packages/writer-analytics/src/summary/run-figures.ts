import {
  type AggregateRow,
  and,
  call,
  column,
  type Expression,
  eq,
  type GroupKey,
  gt,
  type Measure,
  type Predicate,
  type TableReader,
} from '@forge/writer-core'
import { COUNTED_ROWS, type JudgedRows } from '../reading/judged-rows.ts'
import { percentOf } from './step-figures.ts'

/** Figures of runs. */
export interface RunFigures {
  readonly runs: number
  readonly failedRuns: number
  /** The number of runs that did not fail, but whose outcome is partly unknown: they are in no success rate. */
  readonly unknownRuns: number
  /** The share of runs with a known outcome that succeeded, 0-100; null without such runs. */
  readonly successRatePercent: number | null
}

const RUN: GroupKey = { as: 'run', by: column('run_id') }

/** Counts the rows of a run whose outcome is not known, for {@link runMeasures}. */
export function unknownRows(isUnknown: Predicate | undefined): Measure[] {
  return isUnknown ? [{ as: 'unknownRows', fn: 'count', where: isUnknown }] : []
}

/** Returns the measures that {@link runFiguresOf} reads, for runs with {@link unknownRows} that did not fail if `ok` is true. */
export function runMeasures(isUnknown: Predicate | undefined, ok: Expression = column('ok')): Measure[] {
  return [
    { as: 'runs', fn: 'count' },
    { as: 'failedRuns', fn: 'count', where: eq(ok, false) },
    ...(isUnknown ? [{ as: 'unknownRuns', fn: 'count', where: and(eq(ok, true), gt('unknownRows', 0)) } as const] : []),
  ]
}

/** Returns the measures that decide about a whole run, for groups of all its rows. */
export function outcomeMeasures({
  ok,
  isUnknown,
  decides,
}: Pick<JudgedRows, 'ok' | 'isUnknown' | 'decides'>): Measure[] {
  return [
    { as: 'stepsOk', fn: 'all', of: ok, where: decides },
    { as: 'rowsOk', fn: 'all', of: ok },
    ...unknownRows(isUnknown),
  ]
}

/** The outcome of a run with {@link outcomeMeasures}: false if it failed. */
export const wholeRunOk = call('coalesce', 'stepsOk', 'rowsOk')

/** Matches runs with {@link outcomeMeasures} that failed. */
export const isFailedRun: Predicate = eq(wholeRunOk, false)

/** Matches runs with {@link outcomeMeasures} whose outcome is unknown. */
export const isUnknownRun: Predicate = and(eq(wholeRunOk, true), gt('unknownRows', 0))

/** Returns the figures of all runs. A run succeeds if none of its steps failed; a run without steps succeeds if its own row did not fail. */
export async function allRuns(reader: TableReader, { rows, ...judged }: JudgedRows): Promise<RunFigures> {
  const [row = {}] = await reader.aggregate({
    from: {
      ...rows,
      groupBy: [RUN],
      measures: outcomeMeasures(judged),
    },
    measures: runMeasures(judged.isUnknown, wholeRunOk),
  })
  return runFiguresOf(row)
}

interface Groups {
  /** The rows of steps. */
  readonly steps: JudgedRows
  readonly keys: readonly string[]
  readonly limit: number
  /** True to count runs by a sketch, if they have one attempt each. */
  readonly approximate: boolean
}

/**
 * Returns the runs by group of steps: in a group, a run fails if one of its steps there did. They are ordered by steps, most first, then by the keys.
 */
export async function runsByGroup(reader: TableReader, groups: Groups): Promise<AggregateRow[]> {
  const { steps, keys, limit, approximate } = groups
  const groupBy = keys.map((name) => ({ as: name, by: column(name) }))
  const orderBy = [{ column: 'steps', descending: true }, ...keys.map((name) => ({ column: name }))]
  if (approximate && !steps.rows.from && !steps.isUnknown) {
    const runs = { fn: 'countDistinct', of: column('run_id'), approximate } as const
    const measures: Measure[] = [
      { as: 'runs', ...runs },
      { as: 'failedRuns', ...runs, where: eq(steps.ok, false) },
      { as: 'steps', fn: 'count' },
    ]
    return reader.aggregate({ ...steps.rows, groupBy, measures, orderBy, limit })
  }
  if (await occursOnce(reader, steps, keys)) {
    const runs: Measure[] = [
      { as: 'runs', fn: 'count' },
      { as: 'failedRuns', fn: 'count', where: eq(steps.ok, false) },
      ...(steps.isUnknown ? [{ as: 'unknownRuns', fn: 'count', where: steps.isUnknown } as const] : []),
    ]
    return reader.aggregate({
      ...steps.rows,
      groupBy,
      measures: [...runs, { as: 'steps', fn: 'count' }],
      orderBy,
      limit,
    })
  }
  return reader.aggregate({
    from: {
      ...steps.rows,
      groupBy: [...groupBy, RUN],
      measures: [steps.counted, { as: 'ok', fn: 'all', of: steps.ok }, ...unknownRows(steps.isUnknown)],
    },
    groupBy,
    measures: [...runMeasures(steps.isUnknown), { as: 'steps', fn: 'sum', of: column(COUNTED_ROWS) }],
    orderBy,
    limit,
  })
}

/** The groups of a run that each have one row mostly: other groups have many, and the question whether they do would only cost time. */
const STEP_KEYS = 3

/**
 * Returns true if each run is known to have at most one row in each group, so that the rows of a group are its runs. Groups of rows and runs, which
 * are nearly as many as the rows, are most of the time and memory of a summary.
 */
async function occursOnce(reader: TableReader, { rows }: JudgedRows, keys: readonly string[]): Promise<boolean> {
  if (rows.from || keys.length < STEP_KEYS) return false
  const of = ['run_id', ...keys].map((name) => column(name))
  const [found = {}] = await reader.aggregate({
    ...rows,
    measures: [
      { as: 'rows', fn: 'count' },
      { as: 'pairs', fn: 'countDistinct', of, hashed: true },
    ],
  })
  return found.rows === found.pairs
}

export function runFiguresOf(row: AggregateRow): RunFigures {
  const runs = Number(row.runs ?? 0)
  // A sketch may count more failed runs than runs.
  const failedRuns = Math.min(runs, Number(row.failedRuns ?? 0))
  const unknownRuns = Number(row.unknownRuns ?? 0)
  const known = runs - unknownRuns
  return { runs, failedRuns, unknownRuns, successRatePercent: percentOf(known - failedRuns, known) }
}
