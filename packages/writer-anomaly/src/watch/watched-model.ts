import { type Anomaly, type CommitResult, column, isIn, type LogBatch, type WriteContext } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import { isAbout, judgeAmongHistory } from '../detect/judge-rows.ts'
import { generationOf, readFeedback } from '../feedback/feedback-store.ts'
import { loadErrors } from '../history/load-errors.ts'
import { HISTORY_DAYS, type LoadOptions, learnHistory, loadModel } from '../history/load-model.ts'
import { type AnomalyModel, anomalyModel, isAhead } from '../model/anomaly-model.ts'
import { identityOf, type StepRun } from '../series/step-run.ts'
import { anomalyTable, readAnomalies } from '../store/anomaly-store.ts'
import type { FindingKeeper } from './finding-keeper.ts'

/** The model of a table that is written to, and the version up to which it knows the table. */
export interface WatchedModel {
  model: AnomalyModel
  /** The pipelines whose history is known. */
  readonly known: Set<string>
  /** True if the errors of the whole log are known. */
  knowsErrors: boolean
  /** A number that grows whenever the model is built again, which invalidates early judgements. */
  epoch: number
  /** The version of the newest write that was judged. */
  version: number
  /** The version up to which the history that was read contains all rows, except those of the write that read it. */
  loadedVersion: number
  /** The write that read history last. */
  loadedBy: LogBatch
  /** The generation of the known feedback. */
  generation: number
  loadedMs: number
  /** The rows that were judged while the history is read again; undefined while it is not. */
  meanwhile: StepRun[] | undefined
}

/**
 * The time for which findings of the history are stored if they are missing: the process that wrote the rows may have ended before it could store
 * them.
 */
const RECENT_MS = 2 * DAY_MS

/** Creates a model that knows nothing yet: each write loads the pipelines that it needs. */
export async function newModel(
  options: LoadOptions,
  batch: LogBatch,
  { version }: CommitResult,
  context: WriteContext,
): Promise<WatchedModel> {
  const { historyDays: _, ...rest } = options
  return {
    model: anomalyModel({ ...rest, feedback: await readFeedback(context) }),
    known: new Set(),
    knowsErrors: false,
    epoch: 0,
    version,
    loadedVersion: -1,
    loadedBy: batch,
    generation: generationOf(context.storage),
    loadedMs: context.now().getTime(),
    meanwhile: undefined,
  }
}

/**
 * Reads the history of the pipelines of a write that are not known yet, without the rows of the write, and the errors of the log if one of its rows
 * failed.
 */
export async function loadWanted(
  watched: WatchedModel,
  { options, keeper }: { readonly options: LoadOptions; readonly keeper: FindingKeeper },
  {
    batch,
    rows,
    context,
  }: { readonly batch: LogBatch; readonly rows: readonly StepRun[]; readonly context: WriteContext },
): Promise<void> {
  const { historyDays = HISTORY_DAYS } = options
  const now = context.now()
  const wanted = [...new Set(rows.map(({ pipeline }) => pipeline))].filter((pipeline) => !watched.known.has(pipeline))
  const nowMs = now.getTime()
  const times = rows.filter((row) => !isAhead(row, nowMs)).map(({ timeMs }) => timeMs)
  const before = new Date(Math.max(nowMs, ...times) + 1)
  if (wanted.length > 0) {
    const found = new Map<string, Anomaly>()
    const recentIso = new Date(before.getTime() - RECENT_MS).toISOString()
    const onFound = (some: readonly Anomaly[]) => {
      for (const anomaly of some) if (anomaly.occurredAt >= recentIso) found.set(anomaly.id, anomaly)
    }
    const without = new Set(rows.map(identityOf))
    const part = { pipelines: wanted, now, before, historyDays, without, knowsErrors: true, onFound }
    await learnHistory(watched.model, context, part)
    for (const pipeline of wanted) watched.known.add(pipeline)
    watched.loadedBy = batch
    watched.loadedVersion = Math.max(watched.loadedVersion, await versionOf(context))
    try {
      await keeper.keep(await unkept(found, context), context)
    } catch (error) {
      context.logger.warn({ error }, 'anomalies of the last days could not be stored yet')
    }
  }
  if (!watched.knowsErrors && rows.some(({ success }) => !success)) {
    watched.model.setErrors(await loadErrors(context, { before, historyDays, without: rows }))
    watched.knowsErrors = true
  }
}

/** Reads the history of all pipelines that are not known yet. */
export async function loadAll(watched: WatchedModel, options: LoadOptions, context: WriteContext): Promise<void> {
  const { historyDays = HISTORY_DAYS } = options
  const now = context.now()
  const table = await context.table()
  const found = await table.aggregate({
    groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
    measures: [{ as: 'rows', fn: 'count' }],
  })
  const wanted = found.flatMap(({ pipeline }) =>
    typeof pipeline === 'string' && !watched.known.has(pipeline) ? [pipeline] : [],
  )
  if (wanted.length === 0) return
  const before = new Date(now.getTime() + 1)
  await learnHistory(watched.model, context, { pipelines: wanted, now, before, historyDays, knowsErrors: true })
  for (const pipeline of wanted) watched.known.add(pipeline)
  watched.loadedVersion = Math.max(watched.loadedVersion, await versionOf(context))
}

async function unkept(found: Map<string, Anomaly>, context: WriteContext): Promise<Anomaly[]> {
  if (found.size === 0) return []
  const known = readAnomalies(await anomalyTable(context), isIn('id', [...found.keys()]))
  for await (const { id } of known) found.delete(id)
  return [...found.values()]
}

/** Loads the feedback that was added since. */
export async function takeFeedback(watched: WatchedModel, context: WriteContext): Promise<void> {
  const generation = generationOf(context.storage)
  if (generation === watched.generation) return
  watched.generation = generation
  watched.model.setFeedback(await readFeedback(context))
}

/** Learns the rows that other processes wrote, in the background, and adds what was written here meanwhile. */
export async function refresh(watched: WatchedModel, options: LoadOptions, context: WriteContext): Promise<void> {
  const now = context.now()
  watched.meanwhile = []
  watched.loadedMs = now.getTime()
  try {
    const before = new Date(now.getTime() + 1)
    const model = await loadModel(context, options, { before, now, pipelines: [...watched.known], knowsErrors: true })
    if (watched.knowsErrors) {
      const { historyDays = HISTORY_DAYS } = options
      model.setErrors(await loadErrors(context, { before, historyDays, without: [] }))
    }
    const missing = watched.meanwhile.filter(({ timeMs, pipeline }) => timeMs > (model.newestMs(pipeline) ?? 0))
    model.update(missing, now.getTime())
    watched.model = model
    watched.epoch++
    watched.loadedVersion = await versionOf(context)
  } finally {
    watched.meanwhile = undefined
  }
}

/** Learns the pipelines of rows again from what is stored, without the rows themselves. */
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
  await learnHistory(model, context, { pipelines, now, before, historyDays, knowsErrors: true })
  watched.loadedVersion = Math.max(watched.loadedVersion, await versionOf(context))
}

/** Judges rows of the past, or rows that replace others: their pipelines are learned again, including these rows. */
export async function replay(
  watched: WatchedModel,
  { historyDays = HISTORY_DAYS }: LoadOptions,
  rows: readonly StepRun[],
  context: WriteContext,
): Promise<Anomaly[]> {
  const { model } = watched
  const pipelines = new Set(rows.map(({ pipeline }) => pipeline))
  const newest = Math.max(...[...pipelines].map((pipeline) => model.newestMs(pipeline) ?? 0))
  for (const pipeline of pipelines) model.forget(pipeline)
  const now = context.now()
  const found = await judgeAmongHistory(model, context, rows, { now, historyDays, until: new Date(newest) })
  // Rows of writes that are still to be judged may have been read, too: they are judged by the same way.
  watched.loadedVersion = Math.max(watched.loadedVersion, await versionOf(context))
  return found.filter(isAbout(rows))
}

async function versionOf(context: WriteContext): Promise<number> {
  return (await (await context.table()).info()).version
}
