import type { Anomaly, LogRowInput, TableSource } from '@forge/writer-core'
import { DAY_MS, option, rowsAndOptions } from '@forge/writer-core/storage'
import { readFeedback } from '../feedback/feedback-store.ts'
import { pipelinesSince } from '../history/history-range.ts'
import { loadErrors } from '../history/load-errors.ts'
import { HISTORY_DAYS, type HistoryPart, type LoadOptions, loadModel } from '../history/load-model.ts'
import { readHistory } from '../history/read-history.ts'
import { type AnomalyModel, anomalyModel } from '../model/anomaly-model.ts'
import { assertDetectionOptions, DAYS, MILLISECONDS } from '../options/check-options.ts'
import { stepRunsOfRows } from '../series/from-rows.ts'
import type { StepRun } from '../series/step-run.ts'
import { saveAnomalies } from '../store/anomaly-store.ts'
import { judgeAmongHistory } from './judge-rows.ts'
import { detectLegacy } from './legacy.ts'

/** The options of {@link detectAnomalies} for given rows. */
export interface DetectRowsOptions extends LoadOptions {
  /** The pipeline to judge. Default: all pipelines. */
  readonly pipeline?: string | undefined
  /** Stores anomalies in `<table>_anomalies`. Default true. */
  readonly store?: boolean | undefined
  /** `legacy` judges as the original does: twice the mean, the mean and two deviations, below 90 % valid. Default `default`. */
  readonly preset?: 'default' | 'legacy' | undefined
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The options of {@link detectAnomalies} for stored rows. */
export interface DetectOptions extends DetectRowsOptions {
  /** Judges the stored rows that started from this time on. Default: all stored rows. */
  readonly since?: Date | string | undefined
  /** Skips rows that started within this many milliseconds, as more rows of their runs may follow. Default 0. */
  readonly detectionDelayMs?: number | undefined
  /** A shorthand for `since`: this many days before now. */
  readonly detectionPeriodDays?: number | undefined
}

/** The result of a detection. */
export interface DetectionResult {
  readonly anomaliesDetected: boolean
  readonly anomalyCount: number
  /** The reported anomalies, oldest first. */
  readonly anomalies: readonly Anomaly[]
  /** The anomalies that are not reported, because another one explains them, or because the same was reported shortly before. */
  readonly suppressed: readonly Anomaly[]
  readonly rowsJudged: number
}

/**
 * Judges the stored rows of the log, each by the rows before it. Throws WriterConfigurationError for an invalid option.
 *
 * @example
 * const { anomalyCount } = await detectAnomalies(writer, { since: '2024-05-01' })
 */
export async function detectAnomalies(source: TableSource, options?: DetectOptions): Promise<DetectionResult>
/**
 * Judges rows by the stored history of the log, without these rows. Without rows it judges the stored ones. Throws WriterConfigurationError for an
 * invalid option, WriterValidationError for a row that is not an object.
 *
 * @example
 * const { anomalies } = await detectAnomalies(writer, rows)
 */
export async function detectAnomalies(
  source: TableSource,
  rows: Iterable<LogRowInput> | undefined,
  options?: DetectRowsOptions,
): Promise<DetectionResult>
export async function detectAnomalies(
  source: TableSource,
  given?: Iterable<LogRowInput> | DetectOptions,
  options?: DetectOptions,
): Promise<DetectionResult> {
  const { rows, options: settings } = rowsAndOptions('detectAnomalies', given, options)
  checkOptions(settings, rows !== undefined)
  const { anomalies, rowsJudged } = await detectIn(source, rows, settings)
  if (settings.store ?? true) await saveAnomalies(source, anomalies)
  return resultOf(anomalies, rowsJudged)
}

/** Returns the result of a detection: splits anomalies into reported and suppressed ones. */
export function resultOf(all: readonly Anomaly[], rowsJudged: number): DetectionResult {
  const anomalies = all.filter(({ suppressedBy }) => suppressedBy === undefined)
  return {
    anomaliesDetected: anomalies.length > 0,
    anomalyCount: anomalies.length,
    anomalies,
    suppressed: all.filter(({ suppressedBy }) => suppressedBy !== undefined),
    rowsJudged,
  }
}

function checkOptions(settings: DetectOptions, isRows: boolean): void {
  const { since, detectionPeriodDays, detectionDelayMs } = settings ?? {}
  const onlyStored = Object.entries({ since, detectionPeriodDays, detectionDelayMs })
  assertDetectionOptions(
    'detectAnomalies',
    settings,
    {
      historyDays: DAYS,
      pipeline: option.string,
      store: option.flag,
      preset: option.oneOf(['default', 'legacy']),
      now: option.clock,
      signal: option.signal,
      since: option.time,
      detectionDelayMs: MILLISECONDS,
      detectionPeriodDays: DAYS,
    },
    [
      since !== undefined &&
        detectionPeriodDays !== undefined && {
          setting: 'detectionPeriodDays',
          problem: 'is a shorthand for since: pass one of them',
        },
      ...onlyStored.map(
        ([setting, value]) =>
          isRows && value !== undefined && { setting, problem: 'applies only to stored rows, but rows are passed' },
      ),
    ],
  )
}

/** The anomalies of rows, and the number of these rows. */
interface Detected {
  readonly anomalies: readonly Anomaly[]
  readonly rowsJudged: number
}

async function detectIn(
  source: TableSource,
  rows: Iterable<LogRowInput> | undefined,
  settings: DetectOptions,
): Promise<Detected> {
  const { now = () => new Date(), preset } = settings
  const at = now()
  const judged = rows && rowsToJudge(rows, settings, at)
  if (preset === 'legacy') {
    return detectLegacy(source, judged ? [judged] : readHistory(await source.table(), storedPart(settings, at)), at)
  }
  return judged ? detectInRows(source, judged, settings, at) : detectInStored(source, settings, at)
}

function rowsToJudge(rows: Iterable<LogRowInput>, { pipeline }: DetectOptions, now: Date): StepRun[] {
  return stepRunsOfRows(rows, now.getTime()).filter((row) => pipeline === undefined || row.pipeline === pipeline)
}

async function detectInRows(
  source: TableSource,
  judged: readonly StepRun[],
  settings: DetectOptions,
  now: Date,
): Promise<Detected> {
  const { historyDays = HISTORY_DAYS, signal } = settings
  const model = anomalyModel({ ...modelOptions(settings), feedback: await readFeedback(source) })
  const context = { now, historyDays, signal }
  return { anomalies: await judgeAmongHistory(model, source, judged, context), rowsJudged: judged.length }
}

async function detectInStored(source: TableSource, settings: DetectOptions, now: Date): Promise<Detected> {
  const { historyDays = HISTORY_DAYS } = settings
  const { from, to, ...query } = storedPart(settings, now)
  const history = await source.table()
  const model = from
    ? await modelUntil(source, { ...modelOptions(settings), historyDays }, { ...query, before: from })
    : anomalyModel({ ...modelOptions(settings), feedback: await readFeedback(source) })
  const anomalies = new Map<string, Anomaly>()
  let rowsJudged = 0
  const keep = (list: readonly Anomaly[]) => {
    for (const each of list) anomalies.set(each.id, each)
  }
  for await (const rows of readHistory(history, { ...query, from, to })) {
    rowsJudged += rows.length
    keep(model.update(rows, now.getTime(), { more: true }))
  }
  keep(model.update([], now.getTime()))
  return { anomalies: [...anomalies.values()], rowsJudged }
}

/** Returns the part of the stored rows that is judged. */
function storedPart(settings: DetectOptions, now: Date) {
  const { pipeline, signal, detectionDelayMs = 0 } = settings
  const from = sinceOf(settings, now)
  return {
    now,
    pipelines: pipeline === undefined ? undefined : [pipeline],
    signal,
    from,
    to: detectionDelayMs > 0 ? new Date(now.getTime() - detectionDelayMs) : undefined,
  }
}

/** Loads a model that knows the pipelines with rows since then, and the errors of all pipelines. */
async function modelUntil(
  source: TableSource,
  options: LoadOptions & { readonly historyDays: number },
  part: HistoryPart,
): Promise<AnomalyModel> {
  const { before, signal } = part
  const active = await pipelinesSince(await source.table(), before, signal)
  const pipelines = active?.filter((name) => part.pipelines?.includes(name) ?? true) ?? part.pipelines
  const model = await loadModel(source, options, { ...part, pipelines, knowsErrors: true })
  model.setErrors(await loadErrors(source, { before, historyDays: options.historyDays, without: [] }))
  return model
}

function sinceOf({ since, detectionPeriodDays }: DetectOptions, now: Date): Date | undefined {
  if (since === undefined) {
    return detectionPeriodDays === undefined ? undefined : new Date(now.getTime() - detectionPeriodDays * DAY_MS)
  }
  return since instanceof Date ? since : new Date(since)
}

/** Returns the options of the model. */
function modelOptions({
  since: _since,
  detectionDelayMs: _delay,
  detectionPeriodDays: _period,
  pipeline: _pipeline,
  store: _store,
  preset: _preset,
  now: _now,
  signal: _signal,
  historyDays: _history,
  ...options
}: DetectOptions) {
  return options
}
