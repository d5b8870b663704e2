import { type Anomaly, type LogRowInput, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { DAY_MS, type OptionChecks, option } from '@forge/writer-core/storage'
import type { Feedback } from '../feedback/feedback.ts'
import { readFeedback } from '../feedback/feedback-store.ts'
import { readHistory } from '../history/read-history.ts'
import { anomalyModel } from '../model/anomaly-model.ts'
import type { AnomalyOptions } from '../options/anomaly-options.ts'
import { assertDetectionOptions, DAYS } from '../options/check-options.ts'
import { stepRunsOfRows } from '../series/from-rows.ts'
import { compareStepRuns, type StepRun } from '../series/step-run.ts'

/** A time range of a real incident. */
export interface IncidentLabel {
  readonly pipeline: string
  /** The step. Default: any step of the pipeline, and the pipeline itself. */
  readonly step?: string | undefined
  readonly from: Date | string
  readonly to: Date | string
}

export interface BacktestOptions extends AnomalyOptions {
  /** All real incidents. Default: those of the feedback, which may be incomplete. */
  readonly labels?: readonly IncidentLabel[] | undefined
  /** The number of days to replay. Default: all. */
  readonly days?: number | undefined
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The alerts that detection would have raised over a history. */
export interface BacktestResult {
  readonly rows: number
  readonly runs: number
  readonly weeks: number
  /** The number of reported findings; suppressed ones do not count. */
  readonly alerts: number
  readonly alertsPerWeek: number
  readonly byDetector: readonly { readonly detector: string; readonly alerts: number; readonly alertsPerWeek: number }[]
  /** The share of the alerts that report an incident, 0-1; null without labels. With feedback, only alerts that people have judged count. */
  readonly precision: number | null
  /** The share of the incidents that are reported, 0-1; null without labels. */
  readonly recall: number | null
  readonly anomalies: readonly Anomaly[]
}

/**
 * Replays a log, or rows, as if they came now, each judged by the rows before it. Stores nothing. It holds only one batch of a log at a time. Throws
 * WriterConfigurationError for an invalid option.
 */
export async function backtest(
  history: TableSource | Iterable<LogRowInput>,
  options: BacktestOptions = {},
): Promise<BacktestResult> {
  assertDetectionOptions('backtest', options, BACKTEST_CHECKS)
  const { batches, feedback } = await openReplay(history, options)
  return replay(batches(), feedback, options)
}

/** The checks of {@link BacktestOptions} in addition to those of all anomaly detection. */
export const BACKTEST_CHECKS: OptionChecks<Omit<BacktestOptions, keyof AnomalyOptions>> = {
  labels: option.list(option.object),
  days: DAYS,
  now: option.clock,
  signal: option.signal,
}

/** A history that can be replayed several times. */
export interface ReplaySource {
  /** Returns the rows in order of time; each call reads them again. */
  batches(): AsyncIterable<readonly StepRun[]> | Iterable<readonly StepRun[]>
  /** The feedback on the history. */
  readonly feedback: readonly Feedback[]
}

/** Opens a history for replays. Rows are sorted once; a log is read in order for each replay. */
export async function openReplay(
  history: TableSource | Iterable<LogRowInput>,
  { days, now = () => new Date(), signal }: BacktestOptions,
): Promise<ReplaySource> {
  const at = now()
  const from = days === undefined ? undefined : new Date(at.getTime() - days * DAY_MS)
  if (Symbol.iterator in history) {
    const rows = stepRunsOfRows(history, at.getTime())
      .filter(({ timeMs }) => from === undefined || timeMs >= from.getTime())
      .sort(compareStepRuns)
    return { batches: () => [rows], feedback: [] }
  }
  const table = await history.table()
  const query = { now: at, from, signal }
  return { batches: () => readHistory(table, query), feedback: await readFeedback(history) }
}

/** Judges batch after batch. It holds only the findings, and what the model knows of each series. */
export async function replay(
  batches: AsyncIterable<readonly StepRun[]> | Iterable<readonly StepRun[]>,
  feedback: readonly Feedback[],
  { labels, days: _days, now = () => new Date(), signal: _signal, ...options }: BacktestOptions,
): Promise<BacktestResult> {
  const ranges = labels?.map(rangeOf)
  const nowMs = now().getTime()
  // Feedback that an anomaly was expected is a label here: it must not suppress what it is to evaluate.
  const model = anomalyModel({ ...options, feedback: feedback.filter(({ kind }) => kind !== 'expected') })
  const found = new Map<string, Anomaly>()
  // A reported finding counts, even if it is suppressed later.
  const keep = (given: readonly Anomaly[]) => {
    for (const anomaly of given) if (anomaly.suppressedBy === undefined) found.set(anomaly.id, anomaly)
  }
  let rows = 0
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for await (const batch of batches) {
    rows += batch.length
    firstMs = Math.min(firstMs, batch[0]?.timeMs ?? firstMs)
    lastMs = Math.max(lastMs, batch.at(-1)?.timeMs ?? lastMs)
    keep(model.update(batch, nowMs, { more: true }))
  }
  keep(model.update([], nowMs))
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
  const reported = incidents.filter((range) => anomalies.some((anomaly) => isIn(anomaly, range)))
  return {
    precision: judged === 0 ? null : right.length / judged,
    recall: incidents.length === 0 ? null : reported.length / incidents.length,
  }
}

function isIn(anomaly: Anomaly, { pipeline, step, fromMs, toMs }: Range): boolean {
  const timeMs = Date.parse(anomaly.occurredAt)
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
