import type { Anomaly, TableSource } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import { readFeedback } from '../feedback/feedback-store.ts'
import { type AnomalyModel, anomalyModel } from '../model/anomaly-model.ts'
import type { AnomalyOptions } from '../options/anomaly-options.ts'
import { identityOf, type StepRun } from '../series/step-run.ts'
import { historyStarts } from './history-range.ts'
import { readHistory } from './read-history.ts'

export interface LoadOptions extends AnomalyOptions {
  /** The number of days of history that is read before what is judged. Default 180. */
  readonly historyDays?: number | undefined
}

export const HISTORY_DAYS = 180

export interface HistoryPart {
  /** The time at which the judged rows start. */
  readonly before: Date
  readonly pipelines?: readonly string[] | undefined
  readonly now: Date
  readonly signal?: AbortSignal | undefined
  /** The identities of rows to leave out: those that are judged themselves. */
  readonly without?: ReadonlySet<string> | undefined
  /** True if the errors of these rows are known already. Default false. */
  readonly knowsErrors?: boolean | undefined
  /** Receives the findings about the history, which are otherwise dropped. */
  readonly onFound?: ((found: readonly Anomaly[]) => void) | undefined
}

/** Loads a model that has learned the history before an instant. */
export async function loadModel(
  source: TableSource,
  { historyDays = HISTORY_DAYS, ...options }: LoadOptions,
  part: HistoryPart,
): Promise<AnomalyModel> {
  const model = anomalyModel({ ...options, feedback: await readFeedback(source) })
  await learnHistory(model, source, { ...part, historyDays })
  return model
}

/** Learns the history of a table before an instant. */
export async function learnHistory(
  model: AnomalyModel,
  source: TableSource,
  {
    before,
    historyDays,
    without,
    knowsErrors = false,
    onFound = () => undefined,
    ...query
  }: HistoryPart & { readonly historyDays: number },
): Promise<void> {
  const table = await source.table()
  const starts = await historyStarts(table, { ...query, before, historyDays })
  if (starts?.size === 0) return
  const from = new Date(before.getTime() - historyDays * DAY_MS)
  for await (const rows of readHistory(table, { ...query, from, to: before, starts })) {
    const learned = rows.filter((row) => row.timeMs < before.getTime() && isOther(row, without))
    onFound(model.update(learned, query.now.getTime(), { more: true, knowsErrors }))
  }
  onFound(model.update([], query.now.getTime()))
}

function isOther(row: StepRun, without: ReadonlySet<string> | undefined): boolean {
  return without === undefined || !without.has(identityOf(row))
}
