import type { Anomaly, TableSource } from '@forge/writer-core'
import { option } from '@forge/writer-core/storage'
import type { ExpectedPoint } from '../expected/expected-point.ts'
import { HISTORY_DAYS, type LoadOptions, loadModel } from '../history/load-model.ts'
import { readHistory } from '../history/read-history.ts'
import type { ExpectationOptions } from '../model/anomaly-model.ts'
import { assertDetectionOptions, DAYS } from '../options/check-options.ts'

export interface ExpectedOptions extends LoadOptions {
  /** The ids of the pipelines, at most 100. */
  readonly pipelines: readonly string[]
  /** The start of the period, inclusive, by the start of rows. */
  readonly since: Date
  /** Chooses the points that are returned: of which rows, and of which of their figures. Default: all. */
  readonly wants?: ExpectationOptions['wants']
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The expected values of rows, and the findings of `detectAnomalies` about them. */
export interface ExpectedReport {
  /** The points in order of time. */
  readonly points: readonly ExpectedPoint[]
  /** The findings about the same rows, suppressed ones included; those about errors of the whole log are left out. */
  readonly findings: readonly Anomaly[]
}

const MAX_PIPELINES = 100

/**
 * Reads the expected durations and numbers of rows of stored rows, whether they are findings or not. As in `detectAnomalies` with `since`, each row
 * is judged by the rows before it. Stores nothing. Throws WriterConfigurationError for wrong options.
 */
export async function readExpected(source: TableSource, given: ExpectedOptions): Promise<ExpectedReport> {
  const checks = {
    pipelines: option.required(option.list(option.string)),
    since: option.required(option.date),
    wants: option.action,
    now: option.clock,
    signal: option.signal,
    historyDays: DAYS,
  }
  const tooMany = { setting: 'pipelines', problem: `must be at most ${MAX_PIPELINES}` }
  assertDetectionOptions('readExpected', given, checks, [given?.pipelines?.length > MAX_PIPELINES && tooMany])
  const { pipelines, since, wants, now = () => new Date(), signal, historyDays = HISTORY_DAYS, ...options } = given
  const at = now()
  const query = { now: at, pipelines, signal }
  const points: ExpectedPoint[] = []
  const findings = new Map<string, Anomaly>()
  if (pipelines.length === 0) return { points, findings: [] }
  const model = await loadModel(source, { ...options, historyDays }, { ...query, before: since, knowsErrors: true })
  const keep = (found: readonly Anomaly[]) => {
    for (const each of found) findings.set(each.id, each)
  }
  const expectations = { onExpected: (point: ExpectedPoint) => points.push(point), wants }
  for await (const rows of readHistory(await source.table(), { ...query, from: since })) {
    keep(model.update(rows, at.getTime(), { more: true, knowsErrors: true, expectations }))
  }
  keep(model.update([], at.getTime(), { knowsErrors: true }))
  return { points, findings: [...findings.values()].filter(({ type }) => type !== 'error_cluster') }
}
