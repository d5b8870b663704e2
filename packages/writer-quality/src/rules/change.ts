import {
  type AggregateRow,
  column as columnOf,
  isNotNull,
  literal,
  type Measure,
  startedAtBy,
  type Value,
} from '@forge/writer-core'
import { z } from 'zod'
import type { MeasureContext, Rule, RuleOptions, TableVerdict } from '../rule.ts'
import { COLUMN, ruleKind } from '../rule-kind.ts'
import { futureNote, pastTimes } from './future-rows.ts'

export interface ChangeOptions<Column extends string = string> extends RuleOptions {
  /** The figure of the column to compare. Default `sum`. */
  readonly figure?: 'sum' | 'mean' | 'count' | undefined
  /** The number of earlier runs whose mean is the reference. Default 1: the previous run. */
  readonly window?: number | undefined
  /** The maximum decrease as a share of that mean: 0.5 allows half of it. Default: any. */
  readonly maxDecrease?: number | undefined
  /** The maximum increase as a share of that mean: 1 allows twice as much. Default: any. */
  readonly maxIncrease?: number | undefined
  /** The column that identifies a run. Default `run_id`. */
  readonly run?: Column | undefined
  /**
   * The column of times that orders the runs by its latest value. Default: their start, or the time of recording if the start is unknown or in the
   * future.
   */
  readonly time?: Column | undefined
}

/**
 * Requires that the newest run differs from the runs before it by no more than a share. Runs come from the judged rows and, in a gate or for rows in
 * memory, also from the stored table. Pass `where` for one pipeline of several. Nulls and times in the future are ignored; without an earlier run
 * nothing is judged.
 */
export function change<const Column extends string>(column: Column, options: ChangeOptions): Rule<Column> {
  return CHANGE.make(options, { column })
}

/** The number of judged runs that may be stored already, and are skipped in the history. */
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
    time: COLUMN.optional(),
  },
  problem: ({ maxDecrease, maxIncrease }) =>
    maxDecrease === undefined && maxIncrease === undefined
      ? { setting: 'maxDecrease', problem: 'or maxIncrease must be given' }
      : undefined,
  make: ({ column, figure, window, maxDecrease, maxIncrease, run, time }) => ({
    columns: [...new Set([column, run, ...(time === undefined ? [] : [time])])],
    name: `change(${column})`,
    description: `the ${figure} of ${column} stays near that of ${window === 1 ? 'the run' : `the ${window} runs`} before`,
    check: {
      kind: 'table',
      groupBy: [{ as: 'run', by: columnOf(run) }],
      measures: (context) => [
        { ...figureOf(figure, column), as: 'figure', where: isNotNull(run) },
        ...(time === undefined ? startMeasures(context) : latestMeasures(time, context)),
        { as: 'rows', fn: 'count' },
      ],
      orderBy: [{ column: 'at', descending: true }, { column: 'recorded', descending: true }, { column: 'run' }],
      limit: window + SPARE_RUNS,
      needsHistory: true,
      judge: (runs, { history }) =>
        judgeRuns(runs, history, { window, maxDecrease, maxIncrease, time: time ?? 'their start' }),
    },
  }),
})

function figureOf(figure: 'sum' | 'mean' | 'count', column: string): Measure {
  return { as: 'figure', fn: figure === 'mean' ? 'avg' : figure, of: columnOf(column) }
}

/**
 * Returns the measures `at`, the start of the run, and `recorded`, the time at which its last row was written, which orders runs of the same start.
 */
function startMeasures(context: MeasureContext): Measure[] {
  const started = startedAtBy(context.columns, context.now)
  const own = pastTimes('start_time', context)
  const recorded = pastTimes('created_at', context).come
  return [
    { as: 'at', fn: 'min', of: started ?? literal(null) },
    {
      as: 'recorded',
      fn: 'max',
      of: recorded ? columnOf('created_at') : literal(null),
      where: recorded,
    },
    ...own.future,
  ]
}

function latestMeasures(time: string, context: MeasureContext): Measure[] {
  const { come, future } = pastTimes(time, context)
  return [
    { as: 'at', fn: 'max', of: columnOf(time), where: come },
    { as: 'recorded', fn: 'max', of: literal(null) },
    ...future,
  ]
}

interface Bounds {
  readonly window: number
  readonly maxDecrease: number | undefined
  readonly maxIncrease: number | undefined
  readonly time: string
}

function judgeRuns(runs: readonly AggregateRow[], history: readonly AggregateRow[], bounds: Bounds): TableVerdict {
  const { window, maxDecrease = Number.POSITIVE_INFINITY, maxIncrease = Number.POSITIVE_INFINITY, time } = bounds
  const note = futureNote(sum(runs, 'future'), time)
  const known = new Set(runs.map(({ run }) => run))
  const [newest, ...others] = runs.filter(isFilled)
  const stored = history.filter((row) => isFilled(row) && !known.has(row.run ?? null))
  const earlier = newest
    ? [...others, ...stored]
        .filter((row) => !isLater(row, newest))
        .sort(newestFirst)
        .slice(0, window)
    : []
  const checkedRows = Number(newest?.rows ?? 0)
  if (!newest || earlier.length === 0) {
    return { passed: true, isJudged: false, observed: null, checkedRows, failingRows: 0, ...note }
  }
  const before = sum(earlier, 'figure') / earlier.length
  const now = Number(newest.figure)
  const observed = now === before ? 0 : (now - before) / Math.abs(before)
  return { passed: -observed <= maxDecrease && observed <= maxIncrease, observed, checkedRows, failingRows: 0, ...note }
}

function sum(rows: readonly AggregateRow[], name: string): number {
  return rows.reduce((total, row) => total + Number(row[name] ?? 0), 0)
}

/** Compares runs by time, newest first. Times are ISO 8601 text of one form, which sorts by time; a run without a time comes last. */
function newestFirst(a: AggregateRow, b: AggregateRow): number {
  return compare(b.at, a.at) || compare(b.recorded, a.recorded)
}

/** Returns whether a run is later; if times are equal, the judged run stays the newest. */
function isLater(row: AggregateRow, than: AggregateRow): boolean {
  return newestFirst(row, than) < 0
}

function compare(a: Value | undefined, b: Value | undefined): number {
  const [left, right] = [String(a ?? ''), String(b ?? '')]
  return left < right ? -1 : left > right ? 1 : 0
}

function isFilled({ figure, run }: AggregateRow): boolean {
  return (figure ?? null) !== null && (run ?? null) !== null
}
