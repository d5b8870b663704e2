import {
  and,
  column,
  isIn,
  isNotNull,
  jsonField,
  type Predicate,
  type ServiceLevelSettings,
  type TableSource,
} from '@forge/writer-core'
import { assertOptions, option, textOrNull } from '@forge/writer-core/storage'
import { type Judged, judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { fittingPipelines } from '../reading/pipeline-pattern.ts'
import { CHOICE_CHECKS, chosenRows, type RowChoice, tagsOf } from '../reading/row-choice.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { knownBelonging, knownRuns } from '../runs/known-runs.ts'
import { quantileOf } from '../runs/quantile-of.ts'
import { readRunFacts } from '../runs/read-run-facts.ts'
import type { RunFacts } from '../runs/run-facts.ts'
import { hasOutcome, type JudgedPlace, type RunOutcome, runsOf } from '../runs/run-page.ts'
import { readStrips } from '../runs/strips.ts'
import { change, type FigureChange } from '../summary/period-comparison.ts'
import { dueStateOf, missedDueTimes } from './due-state.ts'

export interface ListPipelinesOptions extends RowChoice {
  /** Maximum number of runs in the strip of a pipeline, 1-90. Default 30. */
  readonly runs?: number | undefined
  /** Maximum number of pipelines, 1-1000; the ones that ran last are kept. Default 500. */
  readonly limit?: number | undefined
  /** The service levels with due times. Default: the setting `serviceLevels`. */
  readonly levels?: readonly ServiceLevelSettings[] | undefined
  /** The clock. */
  readonly now?: (() => Date) | undefined
  /** Another table of the same schema. */
  readonly table?: string | undefined
}

/** The pipelines of a log. */
export interface PipelineList {
  readonly tableFqn: string
  /** The time at which the states were read. ISO 8601, UTC. */
  readonly at: string
  /** The pipelines: failed ones first, then late ones, then those with an unknown outcome, each group by name. */
  readonly pipelines: readonly PipelineState[]
  /** The number of pipelines that `limit` leaves out. */
  readonly otherPipelines: number
}

/** The states of pipelines, the most urgent first. `late`: a due time passed without a success. */
export const PIPELINE_CONDITIONS = ['failed', 'late', 'unknown', 'succeeded'] as const
export type PipelineCondition = (typeof PIPELINE_CONDITIONS)[number]

/** The state of one pipeline. */
export interface PipelineState {
  readonly pipeline: string
  readonly state: PipelineCondition
  readonly owner: string | null
  readonly tags: readonly string[]
  readonly lastRun: RunFacts
  /** The last run that succeeded; null if none did. */
  readonly lastSuccess: RunFacts | null
  /** The duration of the last run, compared with the median of the successful runs before it in the strip; seconds. */
  readonly duration: FigureChange
  /** The rows that the last run processed, compared with the median of the same runs. */
  readonly rows: FigureChange
  /** The next due time. ISO 8601, UTC; null if no service level has a due time for it. */
  readonly nextDueAt: string | null
  /** The due time that passed without a success. ISO 8601, UTC; null if it is not late. */
  readonly lateSince: string | null
  /** Its last runs, the oldest first. */
  readonly strip: readonly StripRun[]
  /** The due times within the strip before which nothing ran since the due time before. ISO 8601, UTC; none without a service level. */
  readonly missedAt: readonly string[]
  /** The longest duration that its service level allows, in seconds; null if it has none. */
  readonly maxDurationSecs: number | null
}

/** One run in the strip of a pipeline. */
export interface StripRun {
  readonly runId: string
  readonly startedAt: string | null
  readonly outcome: RunOutcome
  readonly durationSecs: number | null
}

const MAX_RUNS = 90
const MAX_PIPELINES = 1000

/**
 * Lists the pipelines of a log with their state, the last runs, and what is due. The storage computes all figures; at most `limit` x `runs` runs are
 * held in memory. Throws WriterConfigurationError for wrong options.
 */
export async function listPipelines(source: TableSource, options: ListPipelinesOptions = {}): Promise<PipelineList> {
  assertOptions('listPipelines', options, {
    ...CHOICE_CHECKS,
    ...TABLE_CHECK,
    runs: option.whole({ min: 1, max: MAX_RUNS }),
    limit: option.whole({ min: 1, max: MAX_PIPELINES }),
    levels: option.list(option.object),
    now: option.clock,
  })
  const { runs = 30, limit = 500, now = () => new Date(), levels = source.config.serviceLevels ?? [] } = options
  const at = now()
  const reading = await openReading(source, options.table)
  const about = { tableFqn: reading.tableFqn, at: at.toISOString() }
  if (!reading.exists) return { ...about, pipelines: [], otherPipelines: 0 }
  const chosen = await chosenRows(reading, options)
  const { names, others, rows } = await pipelineNames(reading, chosen, limit)
  const judged = await judgedRows(reading, chosen)
  const strips = await readStrips(reading, { names, runs, chosen, judged })
  const facts = await readRunFacts(reading, [...strips.values()].flat(), { chosen, judged })
  const good = await lastSuccesses(reading, judged, { facts, names, chosen })
  const belonging = await readBelonging(reading, chosen, rows)
  const byPipeline = groupByPipeline(facts)
  const fitting = levels.map((level) => ({ level, pipelines: fittingPipelines(level.pipeline, names) }))
  const states = names.flatMap((pipeline): PipelineState[] => {
    const own = byPipeline.get(pipeline) ?? []
    const level = fitting.find(({ pipelines }) => pipelines.has(pipeline))?.level
    const state = stateOf(own, { success: good.get(pipeline) ?? null, level, now: at })
    return state ? [{ pipeline, ...state, ...(belonging.get(pipeline) ?? { owner: null, tags: [] }) }] : []
  })
  return { ...about, pipelines: states.sort(byUrgency), otherPipelines: others }
}

/** Returns the pipelines that ran last, and the number of the others. */
async function pipelineNames({ reader, startedAt }: LogReading, where: Predicate, limit: number) {
  const found = await reader.aggregate({
    where,
    groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
    measures: [
      { as: 'last', fn: 'max', of: startedAt },
      { as: 'rows', fn: 'count' },
    ],
    orderBy: [{ column: 'last', descending: true }, { column: 'pipeline' }],
    limit,
  })
  const rows = new Map(found.map((row) => [String(row.pipeline), Number(row.rows)]))
  const names = [...rows.keys()]
  if (names.length < limit) return { names, rows, others: 0 }
  const [all] = await reader.aggregate({
    where,
    measures: [{ as: 'all', fn: 'countDistinct', of: column('pipeline_id') }],
  })
  return { names, rows, others: Math.max(0, Number(all?.all ?? 0) - names.length) }
}

interface Successes {
  readonly facts: readonly RunFacts[]
  readonly names: readonly string[]
  readonly chosen: Predicate
}

/** Returns the last success of each pipeline. Searches the whole log for pipelines without a success in their strip. */
async function lastSuccesses(reading: LogReading, judged: Judged, { facts, names, chosen }: Successes) {
  const good = new Map<string, RunFacts>()
  for (const run of facts) if (run.outcome === 'succeeded' && !good.has(run.pipeline)) good.set(run.pipeline, run)
  const missing = names.filter((name) => !good.has(name))
  if (missing.length === 0) return good
  const rows = await reading.reader.aggregate({
    from: runsOf(judged.all),
    where: and(hasOutcome(['succeeded'], judged.all), isIn('pipeline', missing)),
    groupBy: [{ as: 'pipeline', by: column('pipeline') }],
    measures: [
      { as: 'run', fn: 'argMax', of: column('run'), by: column('started') },
      { as: 'started', fn: 'max', of: column('started') },
    ],
  })
  const places = rows.flatMap(({ pipeline, run, started }): JudgedPlace[] => {
    if (typeof run !== 'string') return []
    return [{ pipeline: String(pipeline), runId: run, startedAt: textOrNull(started), outcome: 'succeeded' }]
  })
  for (const run of await readRunFacts(reading, places, { chosen, judged })) good.set(run.pipeline, run)
  return good
}

/** Reads the owner and tags that rows of each pipeline named last; those of rows of whole runs come first. */
async function readBelonging(reading: LogReading, chosen: Predicate, rowsOf: ReadonlyMap<string, number>) {
  const { reader, startedAt, hasColumn, traits } = reading
  const found = new Map<string, Pick<PipelineState, 'owner' | 'tags'>>()
  if (!hasColumn('metadata') || traits?.hasBelonging === false) return found
  const known = knownRuns(reading, chosen)
  for (const [name, count] of rowsOf) {
    const kept = known && knownBelonging(known, name, count)
    if (kept) found.set(name, { owner: kept.owner, tags: kept.tags })
  }
  const names = [...rowsOf.keys()].filter((name) => !found.has(name))
  if (names.length === 0) return found
  const newest = (as: string, key: string, where?: Predicate) => {
    const of = jsonField('metadata', key)
    return { as, fn: 'argMax', of, by: startedAt, where: and(isNotNull(of), ...(where ? [where] : [])) } as const
  }
  const isOwn = isIn('phase', ['pipeline'])
  const rows = await reader.aggregate({
    where: and(chosen, isIn('pipeline_id', names)),
    groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
    measures: [newest('ownOwner', 'owner', isOwn), newest('owner', 'owner'), newest('tags', 'tags', isOwn)],
  })
  for (const { pipeline, ownOwner, owner, tags } of rows) {
    found.set(String(pipeline), { owner: textOrNull(ownOwner) ?? textOrNull(owner), tags: tagsOf(textOrNull(tags)) })
  }
  for (const name of names) {
    const own = found.get(name)
    const count = rowsOf.get(name)
    if (own && count !== undefined) known?.belonging.set(name, { ...own, rows: count })
  }
  return found
}

function groupByPipeline(facts: readonly RunFacts[]): Map<string, RunFacts[]> {
  const groups = new Map<string, RunFacts[]>()
  for (const run of facts) {
    const own = groups.get(run.pipeline) ?? []
    own.push(run)
    groups.set(run.pipeline, own)
  }
  return groups
}

interface StateContext {
  readonly success: RunFacts | null
  readonly level: ServiceLevelSettings | undefined
  readonly now: Date
}

/** Returns the state by the runs of a strip, the newest first; undefined if it has none. */
function stateOf(
  runs: readonly RunFacts[],
  { success, level, now }: StateContext,
): Omit<PipelineState, 'pipeline' | 'owner' | 'tags'> | undefined {
  const [lastRun] = runs
  if (!lastRun) return undefined
  const successes = [...runs.filter(({ outcome }) => outcome === 'succeeded'), ...(success ? [success] : [])]
  const moments = successes.flatMap(({ runId, endedAt, startedAt }) => {
    const at = endedAt ?? startedAt
    return at === null ? [] : { runId, at }
  })
  const due = level ? dueStateOf(level, moments, now) : { nextDueAt: null, lateSince: null }
  const before = runs.slice(1).filter(({ outcome }) => outcome === 'succeeded')
  const condition = lastRun.outcome === 'succeeded' && due.lateSince !== null ? 'late' : lastRun.outcome
  return {
    state: condition,
    lastRun,
    lastSuccess: success,
    duration: change(
      lastRun.durationSecs,
      quantileOf(
        before.flatMap(({ durationSecs }) => durationSecs ?? []),
        0.5,
      ),
    ),
    rows: change(
      lastRun.rowsProcessed,
      quantileOf(
        before.flatMap(({ rowsProcessed }) => rowsProcessed ?? []),
        0.5,
      ),
    ),
    ...due,
    missedAt: level ? missedDueTimes(level, runs, now) : [],
    maxDurationSecs: level?.maxDurationSecs ?? null,
    strip: runs
      .map(({ runId, startedAt, outcome, durationSecs }) => ({ runId, startedAt, outcome, durationSecs }))
      .reverse(),
  }
}

function byUrgency(a: PipelineState, b: PipelineState): number {
  return (
    PIPELINE_CONDITIONS.indexOf(a.state) - PIPELINE_CONDITIONS.indexOf(b.state) || (a.pipeline < b.pipeline ? -1 : 1)
  )
}
