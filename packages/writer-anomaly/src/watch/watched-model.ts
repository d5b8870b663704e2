import { type Anomaly, type CommitResult, isIn, type LogBatch, type WriteContext } from '@forge/writer-core'
import { generationOf, readFeedback } from '../feedback/feedback-store.ts'
import { HISTORY_DAYS, type LoadOptions, learnHistory, loadModel } from '../history/load-model.ts'
import { type AnomalyModel, isAhead } from '../model/anomaly-model.ts'
import { stepRunsOfBatch } from '../series/from-batch.ts'
import { identityOf, type StepRun } from '../series/step-run.ts'
import { anomalyTable, readAnomalies } from '../store/anomaly-store.ts'
import type { FindingKeeper } from './finding-keeper.ts'

/** What is known of a table that is written to, and up to where. */
export interface WatchedModel {
  model: AnomalyModel
  /** Grows whenever the model is put together anew: what was judged early then stands no more. */
  epoch: number
  /** Of the newest write that was judged. */
  version: number
  /** Rows of this version and older are in the history that was read, but for those of the write that read it. */
  loadedVersion: number
  readonly firstBatch: LogBatch
  /** Of the feedback that is known. */
  generation: number
  loadedMs: number
  /** Rows that were judged while history is read anew; undefined where it is not. */
  meanwhile: StepRun[] | undefined
}

/** What the history shows of so long is kept where it was not: the process that wrote it may have ended before it could. */
const RECENT_MS = 2 * 86_400_000

/** The history that the first write finds, without the rows of that write. */
export async function firstLoad(
  { options, keeper }: { readonly options: LoadOptions; readonly keeper: FindingKeeper },
  batch: LogBatch,
  { version }: CommitResult,
  context: WriteContext,
): Promise<WatchedModel> {
  const now = context.now()
  const rows = stepRunsOfBatch(batch, now.getTime())
  const generation = generationOf(context.storage)
  const without = new Set(rows.map(identityOf))
  const nowMs = now.getTime()
  const times = rows.filter((row) => !isAhead(row, nowMs)).map(({ timeMs }) => timeMs)
  const before = new Date(Math.max(nowMs, ...times) + 1)
  const found = new Map<string, Anomaly>()
  const recentIso = new Date(before.getTime() - RECENT_MS).toISOString()
  const onFound = (some: readonly Anomaly[]) => {
    for (const anomaly of some) if (anomaly.occurred_at >= recentIso) found.set(anomaly.id, anomaly)
  }
  const model = await loadModel(context, options, { before, now, without, onFound })
  try {
    await keeper.keep(await unkept(found, context), context)
  } catch (error) {
    context.logger.warn({ error }, 'findings of the last days could not be kept yet')
  }
  const loadedVersion = await versionOf(context)
  const loadedMs = now.getTime()
  return { model, epoch: 0, version, loadedVersion, firstBatch: batch, generation, loadedMs, meanwhile: undefined }
}

async function unkept(found: Map<string, Anomaly>, context: WriteContext): Promise<Anomaly[]> {
  if (found.size === 0) return []
  const known = readAnomalies(await anomalyTable(context), isIn('id', [...found.keys()]))
  for await (const { id } of known) found.delete(id)
  return [...found.values()]
}

/** Takes over what people have said since. */
export async function takeFeedback(watched: WatchedModel, context: WriteContext): Promise<void> {
  const generation = generationOf(context.storage)
  if (generation === watched.generation) return
  watched.generation = generation
  watched.model.setFeedback(await readFeedback(context))
}

/** Others wrote in between: their rows are learned in the background, what was written here meanwhile is added. */
export async function refresh(watched: WatchedModel, options: LoadOptions, context: WriteContext): Promise<void> {
  const now = context.now()
  watched.meanwhile = []
  watched.loadedMs = now.getTime()
  try {
    const before = new Date(now.getTime() + 1)
    const model = await loadModel(context, options, { before, now })
    const missing = watched.meanwhile.filter(({ timeMs, pipeline }) => timeMs > (model.newestMs(pipeline) ?? 0))
    model.update(missing, now.getTime())
    watched.model = model
    watched.epoch++
    watched.loadedVersion = await versionOf(context)
  } finally {
    watched.meanwhile = undefined
  }
}

/** Learns the pipelines of rows anew from what is stored: the rows themselves are not. */
export async function unlearn(
  watched: WatchedModel,
  { historyDays = HISTORY_DAYS }: LoadOptions,
  rows: readonly StepRun[],
  context: WriteContext,
): Promise<void> {
  const { model } = watched
  watched.epoch++
  const now = context.now()
  const pipelines = [...new Set(rows.map(({ pipeline }) => pipeline))]
  const newestMs = pipelines.map((pipeline) => model.newestMs(pipeline) ?? 0)
  for (const pipeline of pipelines) model.forget(pipeline)
  const before = new Date(Math.max(now.getTime(), ...newestMs) + 1)
  await learnHistory(model, context, { pipelines, now, before, historyDays })
  watched.loadedVersion = Math.max(watched.loadedVersion, await versionOf(context))
}

async function versionOf(context: WriteContext): Promise<number> {
  return (await (await context.table()).info()).version
}
