import { metadataFields, type Row, type TableSource } from '@forge/writer-core'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { tagsOf } from '../reading/row-choice.ts'
import { assertTableOption, type TableOption } from '../reading/table-option.ts'
import { compareFigures, type RunChanges } from './compare-runs.ts'
import { type ConcurrencyPoint, concurrencyOf } from './concurrency.ts'
import { type CriticalPath, pathOf } from './critical-path.ts'
import { type FailingSince, readFailingSince } from './failing-since.ts'
import { readLastGoodRun } from './last-good-run.ts'
import { outputsOf, type RecordedOutput } from './recorded-output.ts'
import { differencesOf, type StepDifference } from './run-differences.ts'
import type { RunFacts } from './run-facts.ts'
import type { RunOutcome } from './run-page.ts'
import {
  metadataField,
  type RunRecord,
  type RunStep,
  readRowsOfRuns,
  readRun,
  readRunRows,
  rowsByStep,
  runOf,
  stepKey,
} from './run-steps.ts'
import { attemptsOf, type StepAttempt } from './step-attempts.ts'
import { outcomeOf } from './words.ts'

export type RunView = RunViewed | { readonly available: false; readonly reason: string; readonly tableFqn: string }

/** One run, and how it differs from the last good one. */
export interface RunViewed {
  readonly available: true
  readonly tableFqn: string
  readonly run: ViewedRun
  /** The steps in order of start. */
  readonly steps: readonly ViewedStep[]
  /** Null if no step has both times. */
  readonly criticalPath: CriticalPath | null
  /** The number of steps that ran at once, over time. */
  readonly concurrency: readonly ConcurrencyPoint[]
  /** The last run of the same pipeline and mode that succeeded before this one; null if no run did. */
  readonly lastGoodRun: RunFacts | null
  /** Changes from the last good run; null without one. */
  readonly changes: RunChanges | null
  /** The steps that differ from the last good run, the most severe first; empty without one. */
  readonly differences: readonly StepDifference[]
  readonly equalSteps: number
  /** The failures of the pipeline in this mode up to this run; null if this run did not fail. */
  readonly failingSince: FailingSince | null
  /** What `record` has kept of the output; at most 8 streams. */
  readonly outputs: readonly RecordedOutput[]
}

export interface ViewedRun extends Omit<RunRecord, 'steps'> {
  readonly outcome: RunOutcome
  readonly owner: string | null
  readonly tags: readonly string[]
  /** The message of the run's own row; null if it has none. */
  readonly errorMessage: string | null
  /** True if the row of the whole run is recorded: the run has ended. */
  readonly hasOwnRow: boolean
  /** When its newest row was stored; null if the table does not say. ISO 8601, UTC. */
  readonly recordedAt: string | null
  /** The metadata of the run's own row. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface ViewedStep extends RunStep {
  /** The attempts in order of start; at most the last 20. */
  readonly executions: readonly StepAttempt[]
  /** The share of the run's duration, 0-100; null if one of the two is not known. */
  readonly sharePercent: number | null
  /** True if the step is on the critical path. */
  readonly isCritical: boolean
  /** The time on the critical path between the end of the step before and its start, seconds; null for steps that are not on it. */
  readonly waitSecs: number | null
}

/**
 * Reads one run: its facts, steps and attempts, the critical path, and what differs from the last good run.
 * Throws WriterPerformanceError if the run has more than 100,000 rows.
 */
export async function viewRun(source: TableSource, runId: string, options: TableOption = {}): Promise<RunView> {
  assertTableOption('viewRun', options)
  const reading = await openReading(source, options.table)
  const rows = reading.exists ? await readRunRows(reading, runId) : []
  if (rows.length === 0) return missingRun(reading, runId)
  const lastGood = await readLastGoodRun(reading, runOf(runId, rows))
  return viewOf(reading, { rows, lastGood, good: lastGood && (await readRun(reading, lastGood.runId)) })
}

/** Reads runs as {@link viewRun} does, in their order, with few queries for all of them. */
export async function viewRuns(
  source: TableSource,
  runIds: readonly string[],
  options: TableOption = {},
): Promise<RunView[]> {
  assertTableOption('viewRuns', options)
  const reading = await openReading(source, options.table)
  if (!reading.exists) return runIds.map((runId) => missingRun(reading, runId))
  const rowsOf = await readRowsOfRuns(reading, runIds)
  const lastGoods = new Map<string, RunFacts>()
  for (const [runId, rows] of rowsOf) {
    const lastGood = rows.length === 0 ? undefined : await readLastGoodRun(reading, runOf(runId, rows))
    if (lastGood) lastGoods.set(runId, lastGood)
  }
  const rowsOfGood = await readRowsOfRuns(
    reading,
    [...lastGoods.values()].map((run) => run.runId),
  )
  const views: RunView[] = []
  for (const runId of runIds) {
    const rows = rowsOf.get(runId)
    const lastGood = lastGoods.get(runId)
    const goodRows = lastGood && rowsOfGood.get(lastGood.runId)
    if (!rows || (lastGood && !goodRows)) views.push(await viewRun(source, runId, options))
    else if (rows.length === 0) views.push(missingRun(reading, runId))
    else {
      const good = lastGood && goodRows && runOf(lastGood.runId, goodRows)
      views.push(await viewOf(reading, { rows, lastGood, good }))
    }
  }
  return views
}

function missingRun({ tableFqn }: LogReading, runId: string): RunView {
  return { available: false, reason: `the log has no run ${runId}`, tableFqn }
}

interface ReadRun {
  /** The rows in order of start; at least one. */
  readonly rows: readonly Row[]
  readonly lastGood: RunFacts | undefined
  /** The steps of the last good run. */
  readonly good: RunRecord | undefined
}

async function viewOf(reading: LogReading, { rows, lastGood, good }: ReadRun): Promise<RunViewed> {
  const { tableFqn } = reading
  const { steps, ...record } = runOf(String(rows[0]?.run_id), rows)
  const criticalPath = pathOf({ steps }) ?? null
  const outcome = outcomeOf(record.success)
  return {
    available: true,
    tableFqn,
    run: { ...record, outcome, ...ownFacts(rows) },
    steps: viewedSteps(steps, { rows, criticalPath, durationSecs: record.durationSecs }),
    criticalPath,
    concurrency: concurrencyOf(steps),
    lastGoodRun: lastGood ?? null,
    changes: good ? compareFigures(good, { ...record, steps }) : null,
    ...(good ? differencesOf(good.steps, steps) : { differences: [], equalSteps: 0 }),
    failingSince: outcome === 'failed' ? await readFailingSince(reading, record, lastGood) : null,
    outputs: outputsOf(rows),
  }
}

function ownFacts(rows: readonly Row[]): Omit<ViewedRun, keyof RunRecord | 'outcome'> {
  const own = rows.findLast(({ phase }) => phase === 'pipeline')
  const lastNamed = (key: string) => rows.map((row) => metadataField(row, key)).findLast((each) => each !== undefined)
  const [owner, tags] = [lastNamed('owner'), lastNamed('tags')]
  const recorded = rows.flatMap(({ created_at }) => (isInstant(created_at) ? created_at : []))
  return {
    owner: typeof owner === 'string' ? owner : null,
    tags: tagsOf(typeof tags === 'string' ? tags : tags === undefined ? null : JSON.stringify(tags)),
    errorMessage: typeof own?.error_message === 'string' ? own.error_message : null,
    hasOwnRow: own !== undefined,
    recordedAt: recorded.sort().at(-1) ?? null,
    details: metadataFields(own?.metadata),
  }
}

/** Returns whether a value is a time; it may be any text in a table of another program. */
function isInstant(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

interface StepsContext {
  readonly rows: readonly Row[]
  readonly criticalPath: CriticalPath | null
  readonly durationSecs: number | null
}

function viewedSteps(steps: readonly RunStep[], { rows, criticalPath, durationSecs }: StepsContext): ViewedStep[] {
  const onPath = new Map(criticalPath?.steps.map((step) => [stepKey(step), step.waitSecs]))
  const ofStep = rowsByStep(rows)
  return steps.map((step) => {
    const waitSecs = onPath.get(stepKey(step)) ?? null
    const isKnown = step.durationSecs !== null && durationSecs !== null && durationSecs > 0
    return {
      ...step,
      executions: attemptsOf(ofStep.get(stepKey(step)) ?? []),
      sharePercent: isKnown ? (Number(step.durationSecs) / durationSecs) * 100 : null,
      isCritical: waitSecs !== null,
      waitSecs,
    }
  })
}
