import { type Anomaly, type LogRowInput, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { DAY_MS } from './baseline/calendar.ts'
import { assertOptions, daysProblem, timeProblem } from './check-options.ts'
import type { Feedback } from './feedback/feedback.ts'
import { readFeedback } from './feedback/feedback-store.ts'
import { readHistory } from './history/read-history.ts'
import { anomalyModel } from './model/anomaly-model.ts'
import type { AnomalyOptions } from './model/options.ts'
import { stepRunsOfRows } from './series/from-rows.ts'
import { compareStepRuns, type StepRun } from './series/step-run.ts'

/** A time in which something was wrong. */
export interface IncidentLabel {
  readonly pipeline: string
  /** Default: any step of the pipeline, and the pipeline itself. */
  readonly step?: string
  readonly from: Date | string
  readonly to: Date | string
}

export interface BacktestOptions extends AnomalyOptions {
  /** Every incident that there was. Default: what feedback says, which need not be all. */
  readonly labels?: readonly IncidentLabel[]
  /** Days that are replayed. Default: all. */
  readonly days?: number
  readonly now?: Date
  readonly signal?: AbortSignal
}

/** What detection would have told over a history. */
export interface BacktestResult {
  readonly rows: number
  readonly runs: number
  readonly weeks: number
  /** Findings that are told: not suppressed. */
  readonly alerts: number
  readonly alertsPerWeek: number
  readonly byDetector: readonly { readonly detector: string; readonly alerts: number; readonly alertsPerWeek: number }[]
  /** Share of the alerts that tell an incident, 0-1; null without labels. Of feedback, only alerts that people have judged count. */
  readonly precision: number | null
  /** Share of the incidents that are told, 0-1; null without labels. */
  readonly recall: number | null
  readonly anomalies: readonly Anomaly[]
}

/**
 * Replays a log, or rows, as if they came now, each judged by those before it. Stores nothing. Of a log only the batch that is judged is held.
 * Throws WriterConfigurationError for a wrong option.
 */
export async function backtest(
  history: TableSource | Iterable<LogRowInput>,
  options: BacktestOptions = {},
): Promise<BacktestResult> {
  const { batches, feedback } = await openReplay(history, options)
  return replay(batches(), feedback, options)
}

/** What can be replayed again and again. */
export interface ReplaySource {
  /** The rows in order of time, read anew by each call. */
  batches(): AsyncIterable<readonly StepRun[]> | Iterable<readonly StepRun[]>
  /** What people said of the history. */
  readonly feedback: readonly Feedback[]
}

/** Rows are put in order once; a log is read in order whenever it is replayed. */
export async function openReplay(
  history: TableSource | Iterable<LogRowInput>,
  { days, now = new Date(), signal }: BacktestOptions,
): Promise<ReplaySource> {
  assertOptions([daysProblem('days', days), timeProblem('now', now)])
  const from = days === undefined ? undefined : new Date(now.getTime() - days * DAY_MS)
  if (Symbol.iterator in history) {
    const rows = stepRunsOfRows(history, now.getTime())
      .filter(({ timeMs }) => from === undefined || timeMs >= from.getTime())
      .sort(compareStepRuns)
    return { batches: () => [rows], feedback: [] }
  }
  const table = await history.table()
  const query = { now, ...(from && { from }), ...(signal && { signal }) }
  return { batches: () => readHistory(table, query), feedback: await readFeedback(history) }
}

/** Judges batch after batch; beside the findings only what the model knows of each series is held. */
export async function replay(
  batches: AsyncIterable<readonly StepRun[]> | Iterable<readonly StepRun[]>,
  feedback: readonly Feedback[],
  { labels, days: _days, now = new Date(), signal: _signal, ...options }: BacktestOptions,
): Promise<BacktestResult> {
  const ranges = labels?.map(rangeOf)
  // What was found to be fine is a label here: it must not silence what it is to judge.
  const model = anomalyModel({ ...options, feedback: feedback.filter(({ kind }) => kind !== 'expected') })
  const found = new Map<string, Anomaly>()
  // What is told stays told, though it may be silenced later.
  const keep = (given: readonly Anomaly[]) => {
    for (const anomaly of given) if (anomaly.suppressed_by === undefined) found.set(anomaly.id, anomaly)
  }
  let rows = 0
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for await (const batch of batches) {
    rows += batch.length
    firstMs = Math.min(firstMs, batch[0]?.timeMs ?? firstMs)
    lastMs = Math.max(lastMs, batch.at(-1)?.timeMs ?? lastMs)
    keep(model.update(batch, now.getTime(), { more: true }))
  }
  keep(model.update([], now.getTime()))
  const anomalies = [...found.values()]
  const weeks = Math.max(1 / 7, (lastMs - firstMs) / (7 * DAY_MS))
  return {
    rows,
    runs: model.runs,
    weeks,
    alerts: anomalies.length,
    alertsPerWeek: anomalies.length / weeks,
    byDetector: countsByDetector(anomalies, weeks),
    ...quality(anomalies, ranges, feedback),
    anomalies,
  }
}

function countsByDetector(anomalies: readonly Anomaly[], weeks: number): BacktestResult['byDetector'] {
  const counts = new Map<string, number>()
  for (const { detector } of anomalies) counts.set(detector, (counts.get(detector) ?? 0) + 1)
  return [...counts]
    .map(([detector, alerts]) => ({ detector, alerts, alertsPerWeek: alerts / weeks }))
    .sort((a, b) => b.alerts - a.alerts || (a.detector < b.detector ? -1 : 1))
}

interface Range {
  readonly pipeline: string | null
  readonly step: string | null
  readonly fromMs: number
  readonly toMs: number
}

function quality(
  anomalies: readonly Anomaly[],
  labels: readonly Range[] | undefined,
  feedback: readonly Feedback[],
): Pick<BacktestResult, 'precision' | 'recall'> {
  const incidents = labels ?? feedback.filter(({ kind }) => kind === 'incident').map(rangeOf)
  const fine = feedback.filter(({ kind }) => kind === 'expected').map(rangeOf)
  const right = anomalies.filter((anomaly) => incidents.some((range) => isIn(anomaly, range)))
  const judged = labels
    ? anomalies.length
    : anomalies.filter((anomaly) => [...incidents, ...fine].some((range) => isIn(anomaly, range))).length
  const told = incidents.filter((range) => anomalies.some((anomaly) => isIn(anomaly, range)))
  return {
    precision: judged === 0 ? null : right.length / judged,
    recall: incidents.length === 0 ? null : told.length / incidents.length,
  }
}

function isIn(anomaly: Anomaly, { pipeline, step, fromMs, toMs }: Range): boolean {
  const timeMs = Date.parse(anomaly.occurred_at)
  if (pipeline !== null && pipeline !== anomaly.pipeline) return false
  return (step === null || anomaly.step === null || step === anomaly.step) && fromMs <= timeMs && timeMs <= toMs
}

function rangeOf({ pipeline, step, from, to }: IncidentLabel | Feedback): Range {
  const [fromMs, toMs] = [new Date(from).getTime(), new Date(to).getTime()]
  if (!(fromMs <= toMs)) {
    throw new WriterConfigurationError('a label has no time, or ends before it begins', {
      suggestions: ['Give `from` and `to` as Dates or ISO 8601 text.'],
      committed: 'no',
    })
  }
  return { pipeline, step: step ?? null, fromMs, toMs }
}
