import {
  type AggregateRow,
  and,
  column,
  eq,
  hasNoOutcome,
  isIn,
  isNotNull,
  jsonField,
  type Predicate,
  type TableSource,
} from '@forge/writer-core'
import { assertNoProblems, option, optionProblems } from '@forge/writer-core/storage'
import { type Judged, judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { isFiniteIn, isStep } from '../reading/step-rows.ts'
import { numberOrNull } from '../summary/step-figures.ts'
import { quantileOf } from './quantile-of.ts'
import { type RunFacts, readRunFacts } from './run-facts.ts'
import { readRunPage } from './run-page.ts'
import { secondsBetween, stepKey } from './run-steps.ts'
import { textOf } from './run-times.ts'

export interface RunGridOptions {
  readonly pipeline: string
  /** Maximum number of runs, 1-90; the newest. Default 30. */
  readonly runs?: number | undefined
  /** Maximum number of steps, 1-200; those that failed in the runs first, then those that ran most often. Default 200. */
  readonly steps?: number | undefined
  /** Only runs of this mode. */
  readonly mode?: string | undefined
  /** Another table of the same schema. */
  readonly table?: string | undefined
}

/** The steps of a pipeline in its last runs. */
export interface RunGrid {
  readonly tableFqn: string
  readonly pipeline: string
  /** The oldest first. */
  readonly runs: readonly RunFacts[]
  /** The rows of the grid, in the order in which the steps usually start. */
  readonly steps: readonly GridStep[]
  /** The number of steps that are left out. */
  readonly otherSteps: number
  /** The durations of the runs that succeeded, seconds; null without such runs. */
  readonly durations: { readonly successfulRuns: number; readonly p50: number | null; readonly p95: number | null }
}

export interface GridStep {
  readonly phase: string
  readonly step: string
  /** One cell for each run; null if the step did not run in it. */
  readonly cells: readonly (GridCell | null)[]
  /** The runs in which the step ran and its outcome is known. */
  readonly knownRuns: number
  readonly failedRuns: number
  /** The runs in which it was tried again. */
  readonly retriedRuns: number
  /** The median of its durations in the runs in which it succeeded, seconds; null without such runs. */
  readonly medianDurationSecs: number | null
}

export interface GridCell {
  /** The outcome of the last attempt; null if it is unknown. */
  readonly success: boolean | null
  /** The status of its metadata; null if it has none. */
  readonly status: string | null
  /** Seconds of the last attempt; null if it is NaN or infinite. */
  readonly durationSecs: number | null
  readonly attempts: number
}

const MAX_RUNS = 90
const MAX_STEPS = 200

/** Reads the grid of a pipeline: its steps by its last runs, at most 200 x 90. Throws WriterConfigurationError for wrong options. */
export async function runGrid(source: TableSource, options: RunGridOptions): Promise<RunGrid> {
  const { pipeline, runs: maxRuns = 30, steps: maxSteps = MAX_STEPS, mode } = options
  const problems = optionProblems(options, {
    runs: option.whole({ min: 1, max: MAX_RUNS }),
    steps: option.whole({ min: 1, max: MAX_STEPS }),
  })
  assertNoProblems('runGrid', problems)
  const reading = await openReading(source, options.table)
  const about = { tableFqn: reading.tableFqn, pipeline }
  const chosen = and(eq('pipeline_id', pipeline), ...(mode === undefined ? [] : [eq('run_mode', mode)]))
  if (!reading.exists) return { ...about, runs: [], steps: [], otherSteps: 0, durations: durationsOf([]) }
  const judgedAll = await judgedRows(reading, chosen)
  const places = await readRunPage(reading, judgedAll.all, { limit: maxRuns })
  const runs = (await readRunFacts(reading, places, { chosen, judged: judgedAll })).reverse()
  const inRuns = and(
    chosen,
    isIn(
      'run_id',
      runs.map(({ runId }) => runId),
    ),
  )
  const judged = await judgedRows(reading, inRuns)
  const { named, otherSteps } = await chooseSteps(reading, judged, maxSteps)
  const cells = named.length === 0 ? [] : await readCells(reading, judged, { inRuns, named })
  return { ...about, runs, steps: gridSteps(runs, named, cells), otherSteps, durations: durationsOf(runs) }
}

function durationsOf(runs: readonly RunFacts[]): RunGrid['durations'] {
  const good = runs.filter(({ outcome }) => outcome === 'succeeded')
  const durations = good.flatMap(({ durationSecs }) => durationSecs ?? [])
  return { successfulRuns: good.length, p50: quantileOf(durations, 0.5), p95: quantileOf(durations, 0.95) }
}

interface StepName {
  readonly phase: string
  readonly step: string
}

/** Chooses the steps of the grid; the storage counts and orders all of them. */
async function chooseSteps({ reader }: LogReading, { steps: { rows, ok } }: Judged, limit: number) {
  const groupBy = ['phase', 'step_name'].map((name) => ({ as: name, by: column(name) }))
  const measures = [
    { as: 'failures', fn: 'count', where: eq(ok, false) },
    { as: 'times', fn: 'count' },
  ] as const
  const found = await reader.aggregate({
    ...rows,
    groupBy,
    measures,
    orderBy: [
      { column: 'failures', descending: true },
      { column: 'times', descending: true },
      { column: 'phase' },
      { column: 'step_name' },
    ],
    limit,
  })
  const [all] = await reader.aggregate({
    from: { ...rows, groupBy, measures: [] },
    measures: [{ as: 'steps', fn: 'count' }],
  })
  const named = found.map((row): StepName => ({ phase: String(row.phase), step: String(row.step_name) }))
  return { named, otherSteps: Math.max(0, Number(all?.steps ?? 0) - named.length) }
}

interface Cells {
  readonly inRuns: Predicate
  readonly named: readonly StepName[]
}

const CELL = ['run_id', 'phase', 'step_name'].map((name) => ({ as: name, by: column(name) }))

/** Reads the figures of each step in each run, and the outcome of its last attempt. */
async function readCells(reading: LogReading, judged: Judged, { inRuns, named }: Cells): Promise<AggregateRow[]> {
  const { reader, startedAt, hasColumn } = reading
  const isNamed = isIn('step_name', [...new Set(named.map(({ step }) => step))])
  const duration = { fn: 'argMax', of: column('duration_secs'), by: startedAt } as const
  const status = jsonField('metadata', 'status')
  const figures = await reader.aggregate({
    where: and(isStep, inRuns, isNamed),
    groupBy: CELL,
    measures: [
      { as: 'duration', ...duration, where: isFiniteIn(reading, 'duration_secs') },
      { as: 'anyDuration', fn: 'max', of: column('duration_secs'), where: isFiniteIn(reading, 'duration_secs') },
      { as: 'started', fn: 'min', of: startedAt },
      ...(hasColumn('execution_id')
        ? [{ as: 'attempts', fn: 'countDistinct', of: column('execution_id') } as const]
        : []),
      ...(hasColumn('metadata')
        ? [{ as: 'status', fn: 'argMax', of: status, by: startedAt, where: isNotNull(status) } as const]
        : []),
    ],
  })
  const { rows, ok, isUnknown } = judged.steps
  const outcomes = await reader.aggregate({
    from: {
      ...rows,
      groupBy: CELL,
      measures: [
        { as: 'ok', fn: 'all', of: ok },
        ...(isUnknown ? [{ as: 'unknownRows', fn: 'count', where: isUnknown } as const] : []),
      ],
    },
    where: isIn('step_name', [...new Set(named.map(({ step }) => step))]),
    groupBy: [
      ...CELL,
      ...['ok', ...(isUnknown ? ['unknownRows'] : [])].map((name) => ({ as: name, by: column(name) })),
    ],
    measures: [],
  })
  const byKey = new Map(outcomes.map((row) => [cellKey(row), row]))
  return figures.map((row) => ({ ...row, ...byKey.get(cellKey(row)) }))
}

function gridSteps(runs: readonly RunFacts[], named: readonly StepName[], rows: readonly AggregateRow[]): GridStep[] {
  const cells = new Map(rows.map((row) => [cellKey(row), row]))
  const steps = named.map(({ phase, step }) => {
    const own = runs.map(({ runId }) => cells.get(JSON.stringify([runId, phase, step])))
    const offsets = own.flatMap((row, at) => secondsBetween(runs[at]?.startedAt ?? null, textOf(row?.started)) ?? [])
    const offset =
      offsets.length === 0 ? Number.POSITIVE_INFINITY : offsets.reduce((sum, each) => sum + each, 0) / offsets.length
    return { offset, step: { phase, step, ...cellFigures(own.map((row) => (row ? cellOf(row) : null))) } }
  })
  steps.sort((a, b) => compare(a.offset, b.offset) || (stepKey(a.step) < stepKey(b.step) ? -1 : 1))
  return steps.map(({ step }) => step)
}

function cellFigures(cells: readonly (GridCell | null)[]): Omit<GridStep, 'phase' | 'step'> {
  const all = cells.filter((cell) => cell !== null)
  const ran = all.filter(({ status }) => !hasNoOutcome(status ?? undefined))
  const good = ran.filter(({ success }) => success === true)
  return {
    cells,
    knownRuns: ran.filter(({ success }) => success !== null).length,
    failedRuns: ran.filter(({ success }) => success === false).length,
    retriedRuns: all.filter(({ attempts }) => attempts > 1).length,
    medianDurationSecs: quantileOf(
      good.flatMap(({ durationSecs }) => durationSecs ?? []),
      0.5,
    ),
  }
}

/** Compares numbers that may both be infinite. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}

function cellOf(row: AggregateRow): GridCell {
  return {
    success: row.ok === false ? false : Number(row.unknownRows ?? 0) > 0 ? null : true,
    status: textOf(row.status),
    durationSecs: numberOrNull(row.duration) ?? numberOrNull(row.anyDuration),
    attempts: Number(row.attempts ?? 1),
  }
}

function cellKey(row: AggregateRow): string {
  return JSON.stringify([String(row.run_id), String(row.phase), String(row.step_name)])
}
