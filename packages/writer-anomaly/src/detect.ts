import { type Anomaly, type LogRowInput, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { DAY_MS, HOUR_MS } from './baseline/calendar.ts'
import { assertOptions, daysProblem, hoursProblem } from './check-options.ts'
import { readFeedback } from './feedback/feedback-store.ts'
import { pipelinesSince } from './history/history-range.ts'
import { loadErrors } from './history/load-errors.ts'
import { HISTORY_DAYS, type HistoryPart, type LoadOptions, loadModel } from './history/load-model.ts'
import { readHistory } from './history/read-history.ts'
import { judgeAmongHistory } from './judge-rows.ts'
import { judgeLegacy } from './legacy.ts'
import { type AnomalyModel, anomalyModel } from './model/anomaly-model.ts'
import { resolveOptions } from './model/options.ts'
import { stepRunsOfRows } from './series/from-rows.ts'
import { saveAnomalies } from './store/anomaly-store.ts'

export interface DetectOptions extends LoadOptions {
  /** Judges the stored rows that started from then on. Default: all stored rows. */
  readonly since?: Date | string
  /** The last rows are left alone for so long, as more of their run may come. Default 0. */
  readonly detectionDelayHours?: number
  /** Short for `since`: so many days before now. */
  readonly detectionPeriodDays?: number
  /** Default: all pipelines. */
  readonly pipeline?: string
  /** Keeps findings in `<table>_anomalies`. Default true. */
  readonly store?: boolean
  /** `legacy` judges as the original does: twice the mean, the mean and two deviations, below 90 % valid. Default `default`. */
  readonly preset?: 'default' | 'legacy'
  readonly now?: () => Date
  readonly signal?: AbortSignal
}

/** What was found; `suppressed` has a cause, or was told already. */
export interface DetectionResult {
  readonly anomaliesDetected: boolean
  readonly anomalyCount: number
  /** Oldest first. */
  readonly anomalies: readonly Anomaly[]
  readonly suppressed: readonly Anomaly[]
  readonly rowsJudged: number
}

/**
 * Judges rows against the history of the log, never against themselves; without rows, the stored ones.
 * Throws WriterConfigurationError for a wrong option.
 *
 * @example
 * const { anomalies } = await detectAnomalies(writer, rows)
 * const { anomalyCount } = await detectAnomalies(writer, { since: '2024-05-01' })
 */
export async function detectAnomalies(
  source: TableSource,
  rows?: Iterable<LogRowInput> | DetectOptions,
  options?: DetectOptions,
): Promise<DetectionResult> {
  const isRows = typeof rows === 'object' && Symbol.iterator in rows
  assertOptions([
    rows === undefined || typeof rows === 'object'
      ? undefined
      : { setting: 'rows', problem: 'must be an array of rows' },
  ])
  const settings = options ?? (isRows || rows === undefined ? {} : rows)
  checkOptions(settings, isRows)
  const { anomalies, rowsJudged } = await found(source, isRows ? rows : undefined, settings)
  if (settings.store ?? true) await saveAnomalies(source, anomalies)
  return resultOf(anomalies, rowsJudged)
}

/** Parts findings into those that are told and those that are silenced. */
export function resultOf(all: readonly Anomaly[], rowsJudged: number): DetectionResult {
  const anomalies = all.filter(({ suppressed_by }) => suppressed_by === undefined)
  return {
    anomaliesDetected: anomalies.length > 0,
    anomalyCount: anomalies.length,
    anomalies,
    suppressed: all.filter(({ suppressed_by }) => suppressed_by !== undefined),
    rowsJudged,
  }
}

function checkOptions(settings: DetectOptions, isRows: boolean): void {
  const { preset, historyDays, detectionPeriodDays, detectionDelayHours, since } = settings
  const onlyStored = Object.entries({ since, detectionPeriodDays, detectionDelayHours })
  const isKnown = preset === undefined || preset === 'default' || preset === 'legacy'
  assertOptions([
    isKnown ? undefined : { setting: 'preset', problem: 'must be default or legacy' },
    daysProblem('historyDays', historyDays),
    daysProblem('detectionPeriodDays', detectionPeriodDays),
    hoursProblem('detectionDelayHours', detectionDelayHours),
    since === undefined || detectionPeriodDays === undefined
      ? undefined
      : { setting: 'detectionPeriodDays', problem: 'is short for since: give one of them' },
    ...onlyStored.map(([setting, value]) =>
      isRows && value !== undefined ? { setting, problem: 'is of stored rows, and rows are given' } : undefined,
    ),
  ])
  resolveOptions(modelOptions(settings))
}

interface Found {
  readonly anomalies: Anomaly[]
  readonly rowsJudged: number
}

async function found(
  source: TableSource,
  rows: Iterable<LogRowInput> | undefined,
  settings: DetectOptions,
): Promise<Found> {
  const { now = () => new Date(), historyDays = HISTORY_DAYS, pipeline, signal } = settings
  const at = now()
  if (rows === undefined) return scanStored(source, settings, at)
  const judged = stepRunsOfRows(rows, at.getTime()).filter((row) => pipeline === undefined || row.pipeline === pipeline)
  if (settings.preset === 'legacy') {
    return { anomalies: await judgeLegacy(source, judged, at), rowsJudged: judged.length }
  }
  const model = anomalyModel({ ...modelOptions(settings), feedback: await readFeedback(source) })
  const context = { now: at, historyDays, ...(signal && { signal }) }
  return { anomalies: await judgeAmongHistory(model, source, judged, context), rowsJudged: judged.length }
}

/** Rows of the table from `since` on, each judged by those before it. */
async function scanStored(source: TableSource, settings: DetectOptions, now: Date): Promise<Found> {
  const { pipeline, signal, detectionDelayHours = 0, historyDays = HISTORY_DAYS } = settings
  const since = sinceOf(settings, now)
  const to = new Date(now.getTime() - detectionDelayHours * HOUR_MS)
  const query = { now, ...(pipeline !== undefined && { pipelines: [pipeline] }), ...(signal && { signal }) }
  const history = await source.table()
  const model = since
    ? await modelUntil(source, { ...modelOptions(settings), historyDays }, { ...query, before: since })
    : anomalyModel({ ...modelOptions(settings), feedback: await readFeedback(source) })
  const anomalies = new Map<string, Anomaly>()
  const legacy: Anomaly[] = []
  let rowsJudged = 0
  const keep = (list: readonly Anomaly[]) => {
    for (const each of list) anomalies.set(each.id, each)
  }
  const range = { ...(since && { from: since }), ...(detectionDelayHours > 0 && { to }) }
  for await (const rows of readHistory(history, { ...query, ...range })) {
    rowsJudged += rows.length
    if (settings.preset === 'legacy') legacy.push(...(await judgeLegacy(source, rows, now)))
    else keep(model.update(rows, now.getTime(), { more: true }))
  }
  keep(model.update([], now.getTime()))
  return { anomalies: settings.preset === 'legacy' ? legacy : [...anomalies.values()], rowsJudged }
}

/** A model that knows the pipelines which have had rows since then, and the errors of all. */
async function modelUntil(
  source: TableSource,
  options: LoadOptions & { readonly historyDays: number },
  part: HistoryPart,
): Promise<AnomalyModel> {
  const { before, signal } = part
  const active = await pipelinesSince(await source.table(), before, signal)
  const pipelines = active?.filter((name) => part.pipelines?.includes(name) ?? true) ?? part.pipelines
  const model = await loadModel(source, options, { ...part, ...(pipelines && { pipelines }), knowsErrors: true })
  model.setErrors(await loadErrors(source, { before, historyDays: options.historyDays, without: [] }))
  return model
}

function sinceOf({ since, detectionPeriodDays }: DetectOptions, now: Date): Date | undefined {
  if (since === undefined) {
    return detectionPeriodDays === undefined ? undefined : new Date(now.getTime() - detectionPeriodDays * DAY_MS)
  }
  const time = since instanceof Date ? since : new Date(since)
  if (!Number.isNaN(time.getTime())) return time
  throw new WriterConfigurationError('since is no time', {
    suggestions: ['Give a Date, or ISO 8601 text such as 2024-01-31T08:00:00Z.'],
    committed: 'no',
  })
}

/** The options that the model takes. */
function modelOptions({
  since: _since,
  detectionDelayHours: _delay,
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
