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
  WriterConfigurationError,
} from '@forge/writer-core'
import { assertOptions, numberOrNull, option, textOrNull } from '@forge/writer-core/storage'
import { type JudgedRows, judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { chosenRows } from '../reading/row-choice.ts'
import { runKey } from '../reading/run-keys.ts'
import { isFiniteIn, isStep, readConditions, when } from '../reading/step-rows.ts'
import { type CriticalSteps, readCriticalSteps } from './critical-steps.ts'
import { GRID_CHECKS, MAX_STEPS, type RunGridOptions, type RunGridsOptions } from './grid-options.ts'
import { quantileOf } from './quantile-of.ts'
import { readRunFacts } from './read-run-facts.ts'
import type { RunFacts } from './run-facts.ts'
import { secondsBetween, stepKey } from './run-steps.ts'
import { readStrips } from './strips.ts'

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
  /** The number of runs in which the step ran and its outcome is known. */
  readonly knownRuns: number
  readonly failedRuns: number
  /** The number of runs in which it was tried again. */
  readonly retriedRuns: number
  /** The number of runs in which it was on the critical path; null if the times of the steps are unknown or too many. */
  readonly criticalRuns: number | null
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
  /** The rows that the last attempt processed; null if they are not known. */
  readonly rowsProcessed: number | null
  /** Percent, 0-100; null if the step did not validate rows. */
  readonly validationRate: number | null
  readonly attempts: number
}

const MAX_PIPELINES = 100
/** The maximum number of steps of each pipeline among which the grid chooses. */
const MAX_COUNTED = 1000

/** Reads the grid of a pipeline: its steps by its last runs, at most 200 x 90. Throws WriterConfigurationError for wrong options. */
export async function readRunGrid(source: TableSource, options: RunGridOptions): Promise<RunGrid> {
  assertOptions('readRunGrid', options, { ...GRID_CHECKS, pipeline: option.required(option.string) })
  const { pipeline, ...others } = options
  const [grid] = await gridsOf(source, { ...others, pipelines: [pipeline] })
  if (grid) return grid
  throw new WriterConfigurationError('readRunGrid: pass a pipeline')
}

/** Reads the grids of several pipelines, in their order, with as many queries as for one. Throws WriterConfigurationError for wrong options. */
export async function readRunGrids(source: TableSource, options: RunGridsOptions): Promise<RunGrid[]> {
  const checks = { ...GRID_CHECKS, pipelines: option.required(option.list(option.string)) }
  const tooMany = { setting: 'pipelines', problem: `must be at most ${MAX_PIPELINES}` }
  assertOptions('readRunGrids', options, checks, [options?.pipelines?.length > MAX_PIPELINES && tooMany])
  return gridsOf(source, options)
}

async function gridsOf(source: TableSource, options: RunGridsOptions): Promise<RunGrid[]> {
  const { pipelines, runs: maxRuns = 30, steps: maxSteps = MAX_STEPS, mode } = options
  const reading = await openReading(source, options.table)
  const { tableFqn, exists } = reading
  const empty = { runs: [], steps: [], otherSteps: 0, durations: durationsOf([]) }
  if (!exists || pipelines.length === 0) return pipelines.map((pipeline) => ({ tableFqn, pipeline, ...empty }))
  const { owner, tags, where } = options
  const isChosen = await chosenRows(reading, { owner, tags, where })
  const chosen = and(isIn('pipeline_id', pipelines), isChosen, ...(mode === undefined ? [] : [eq('run_mode', mode)]))
  const judged = await judgedRows(reading, chosen)
  const strips = await readStrips(reading, { names: pipelines, runs: maxRuns, chosen, judged })
  const facts = await readRunFacts(reading, [...strips.values()].flat(), { chosen, judged })
  const inRuns = isIn('run_id', [...new Set(facts.map(({ runId }) => runId))])
  const named = await chooseSteps(reading, judged.all.within(and(isStep, inRuns)), { pipelines, limit: maxSteps })
  const isNamed = isIn('step_name', [
    ...new Set([...named.values()].flatMap(({ steps }) => steps.map(({ step }) => step))),
  ])
  const cells = await readCells(reading, {
    where: and(isStep, chosen, inRuns, isNamed),
    judged: judged.all.within(and(isStep, inRuns, isNamed)),
  })
  const critical = await readCriticalSteps(reading, and(isStep, chosen, inRuns))
  return pipelines.map((pipeline) => {
    const runs = facts.filter((run) => run.pipeline === pipeline).reverse()
    const { steps, others } = named.get(pipeline) ?? { steps: [], others: 0 }
    const own = { pipeline, runs, named: steps }
    return {
      tableFqn,
      pipeline,
      runs,
      steps: gridSteps(own, { cells, critical }),
      otherSteps: others,
      durations: durationsOf(runs),
    }
  })
}

interface StepName {
  readonly phase: string
  readonly step: string
}

interface Chosen {
  readonly steps: StepName[]
  others: number
}

interface Choice {
  readonly pipelines: readonly string[]
  readonly limit: number
}

/** Chooses the steps of each grid; the storage counts and orders them. */
async function chooseSteps({ reader }: LogReading, { rows, ok }: JudgedRows, { pipelines, limit }: Choice) {
  const groupBy = ['pipeline_id', 'phase', 'step_name'].map((name) => ({ as: name, by: column(name) }))
  const found = await reader.aggregate({
    ...rows,
    groupBy,
    measures: [
      { as: 'failures', fn: 'count', where: eq(ok, false) },
      { as: 'times', fn: 'count' },
    ],
    orderBy: [
      { column: 'failures', descending: true },
      { column: 'times', descending: true },
      ...groupBy.map(({ as }) => ({ column: as })),
    ],
    limit: pipelines.length * MAX_COUNTED,
  })
  const counts = new Map<string, number>()
  if (found.length < pipelines.length * MAX_COUNTED) {
    for (const { pipeline_id: pipeline } of found) counts.set(String(pipeline), (counts.get(String(pipeline)) ?? 0) + 1)
  } else {
    const counted = await reader.aggregate({
      from: { ...rows, groupBy, measures: [] },
      groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
      measures: [{ as: 'steps', fn: 'count' }],
    })
    for (const { pipeline, steps } of counted) counts.set(String(pipeline), Number(steps))
  }
  const chosen = new Map<string, Chosen>()
  for (const [pipeline, steps] of counts) chosen.set(pipeline, { steps: [], others: steps })
  for (const row of found) {
    const own = chosen.get(String(row.pipeline_id))
    if (!own || own.steps.length >= limit) continue
    own.steps.push({ phase: String(row.phase), step: String(row.step_name) })
    own.others--
  }
  return chosen
}

interface Cells {
  readonly where: Predicate
  readonly judged: JudgedRows
}

const CELL = ['pipeline_id', 'run_id', 'phase', 'step_name'].map((name) => ({ as: name, by: column(name) }))

/** Reads the figures of each step in each run, and the outcome of its last attempt. */
async function readCells(reading: LogReading, { where, judged }: Cells): Promise<ReadonlyMap<string, AggregateRow>> {
  const { reader, startedAt, hasColumn } = reading
  const duration = { fn: 'argMax', of: column('duration_secs'), by: startedAt } as const
  const status = jsonField('metadata', 'status')
  const { knowsRows, validated } = await readConditions(reading, where)
  const cells = new Map<string, AggregateRow>()
  const figures = await reader.aggregate({
    where,
    groupBy: CELL,
    measures: [
      { as: 'duration', ...duration, where: isFiniteIn(reading, 'duration_secs') },
      { as: 'anyDuration', fn: 'max', of: column('duration_secs'), where: isFiniteIn(reading, 'duration_secs') },
      { as: 'started', fn: 'min', of: startedAt },
      { as: 'rows', fn: 'argMax', of: column('rows_processed'), by: startedAt, ...when(knowsRows) },
      { as: 'rate', fn: 'argMax', of: column('validation_rate'), by: startedAt, ...when(validated) },
      ...(hasColumn('execution_id')
        ? [{ as: 'attempts', fn: 'countDistinct', of: column('execution_id') } as const]
        : []),
      ...(hasColumn('metadata')
        ? [{ as: 'status', fn: 'argMax', of: status, by: startedAt, where: isNotNull(status) } as const]
        : []),
    ],
  })
  for (const row of figures) cells.set(cellKey(row), row)
  const { rows, ok, isUnknown } = judged
  const outcomes = await reader.aggregate({
    ...rows,
    groupBy: CELL,
    measures: [
      { as: 'ok', fn: 'all', of: ok },
      ...(isUnknown ? [{ as: 'unknownRows', fn: 'count', where: isUnknown } as const] : []),
    ],
  })
  for (const row of outcomes) cells.set(cellKey(row), { ...cells.get(cellKey(row)), ...row })
  return cells
}

interface Rows {
  readonly pipeline: string
  readonly runs: readonly RunFacts[]
  readonly named: readonly StepName[]
}

interface GridFigures {
  readonly cells: ReadonlyMap<string, AggregateRow>
  readonly critical: CriticalSteps | undefined
}

function gridSteps({ pipeline, runs, named }: Rows, { cells, critical }: GridFigures): GridStep[] {
  const isOn = (runId: string, step: StepName) =>
    critical?.get(runKey({ pipeline, runId }))?.has(stepKey(step)) === true
  const steps = named.map(({ phase, step }) => {
    const own = runs.map(({ runId }) => cells.get(JSON.stringify([pipeline, runId, phase, step])))
    const offsets = own.flatMap(
      (row, at) => secondsBetween(runs[at]?.startedAt ?? null, textOrNull(row?.started)) ?? [],
    )
    const offset =
      offsets.length === 0 ? Number.POSITIVE_INFINITY : offsets.reduce((sum, each) => sum + each, 0) / offsets.length
    const figures = cellFigures(own.map((row) => (row ? cellOf(row) : null)))
    const criticalRuns = critical ? runs.filter(({ runId }) => isOn(runId, { phase, step })).length : null
    return { offset, step: { phase, step, ...figures, criticalRuns } }
  })
  steps.sort((a, b) => compare(a.offset, b.offset) || (stepKey(a.step) < stepKey(b.step) ? -1 : 1))
  return steps.map(({ step }) => step)
}

function durationsOf(runs: readonly RunFacts[]): RunGrid['durations'] {
  const good = runs.filter(({ outcome }) => outcome === 'succeeded')
  const durations = good.flatMap(({ durationSecs }) => durationSecs ?? [])
  return { successfulRuns: good.length, p50: quantileOf(durations, 0.5), p95: quantileOf(durations, 0.95) }
}

function cellFigures(cells: readonly (GridCell | null)[]): Omit<GridStep, 'phase' | 'step' | 'criticalRuns'> {
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
  const status = textOrNull(row.status)
  return {
    success: row.ok === false ? false : Number(row.unknownRows ?? 0) > 0 ? null : true,
    status,
    durationSecs: status === 'lost' ? null : (numberOrNull(row.duration) ?? numberOrNull(row.anyDuration)),
    rowsProcessed: numberOrNull(row.rows),
    validationRate: numberOrNull(row.rate),
    attempts: Number(row.attempts ?? 1),
  }
}

function cellKey(row: AggregateRow): string {
  return JSON.stringify([String(row.pipeline_id), String(row.run_id), String(row.phase), String(row.step_name)])
}
