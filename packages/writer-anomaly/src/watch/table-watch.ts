import { type Anomaly, type CommitResult, isIn, type WriteContext } from '@forge/writer-core'
import { generationOf, readFeedback } from '../feedback/feedback-store.ts'
import { HISTORY_DAYS, type LoadOptions, loadModel } from '../history/load-model.ts'
import { isAbout, judgeAmongHistory } from '../judge-rows.ts'
import type { AnomalyModel } from '../model/anomaly-model.ts'
import { identityOf, type StepRun } from '../series/step-run.ts'
import { anomalyTable, readAnomalies } from '../store/anomaly-store.ts'
import type { FindingKeeper } from './finding-keeper.ts'

/** Judges what is written to one table. */
export interface TableWatch {
  judge(rows: readonly StepRun[], commit: CommitResult, context: WriteContext): Promise<Anomaly[]>
  evaluate(now: Date): Promise<Anomaly[]>
  /** Waits for what is read in the background. */
  close(): Promise<void>
}

interface Watched {
  model: AnomalyModel
  version: number
  /** Rows of this version and older are in the history that was read, but for those of the write that read it. */
  loadedVersion: number
  readonly firstBatch: readonly StepRun[]
  generation: number
  loadedMs: number
  /** Rows that were judged while history is read anew; undefined where it is not. */
  meanwhile: StepRun[] | undefined
}

/** Rows may come so much later than others of their pipeline and still be learned in their turn. */
const LATE_MS = 3_600_000
const RECENT_MS = 2 * 86_400_000

export function tableWatch(
  options: LoadOptions,
  { refreshMs, keeper }: { readonly refreshMs: number; readonly keeper: FindingKeeper },
): TableWatch {
  let loading: Promise<Watched> | undefined
  let background: Promise<void> = Promise.resolve()

  const loaded = (rows: readonly StepRun[], commit: CommitResult, context: WriteContext) => {
    loading ??= firstLoad({ options, keeper }, rows, commit, context)
    // A load that failed is tried again by the next write.
    loading.catch(() => {
      loading = undefined
    })
    return loading
  }
  return {
    async judge(rows, commit, context) {
      const watched = await loaded(rows, commit, context)
      await takeFeedback(watched, context)
      if (commit.version > watched.version + 1 && isDue(watched, refreshMs, context)) {
        background = refresh(watched, options, context).catch((error: unknown) => {
          context.logger.warn({ error }, 'anomaly detection could not read the history anew')
        })
      }
      watched.version = Math.max(watched.version, commit.version)
      watched.meanwhile?.push(...rows)
      const nowMs = context.now().getTime()
      const isLearned = rows !== watched.firstBatch && commit.version <= watched.loadedVersion
      if (isLearned || !isNewest(rows, watched.model, commit, context)) return replay(watched, options, rows, context)
      return watched.model.update(rows, nowMs)
    },
    async evaluate(now) {
      const watched = await loading
      return watched ? watched.model.evaluate(now.getTime()) : []
    },
    close: () => background,
  }
}

/**
 * The history that the first write finds, without the rows of that write. What it shows of the last two days is kept now, where it was not: the process
 * that wrote it may have ended before it could.
 */
async function firstLoad(
  { options, keeper }: { readonly options: LoadOptions; readonly keeper: FindingKeeper },
  rows: readonly StepRun[],
  { version }: CommitResult,
  context: WriteContext,
): Promise<Watched> {
  const now = context.now()
  const generation = generationOf(context.storage)
  const without = new Set(rows.map(identityOf))
  const before = new Date(Math.max(now.getTime(), ...rows.map(({ timeMs }) => timeMs)) + 1)
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
  const loadedVersion = (await (await context.table()).info()).version
  return { model, version, loadedVersion, firstBatch: rows, generation, loadedMs: now.getTime(), meanwhile: undefined }
}

async function unkept(found: Map<string, Anomaly>, context: WriteContext): Promise<Anomaly[]> {
  if (found.size === 0) return []
  const known = readAnomalies(await anomalyTable(context), isIn('id', [...found.keys()]))
  for await (const { id } of known) found.delete(id)
  return [...found.values()]
}

async function takeFeedback(watched: Watched, context: WriteContext): Promise<void> {
  const generation = generationOf(context.storage)
  if (generation === watched.generation) return
  watched.generation = generation
  watched.model.setFeedback(await readFeedback(context))
}

function isDue({ loadedMs, meanwhile }: Watched, refreshMs: number, { now }: WriteContext): boolean {
  return meanwhile === undefined && now().getTime() - loadedMs >= refreshMs
}

/** Others wrote in between: their rows are learned in the background, what was written here meanwhile is added. */
async function refresh(watched: Watched, options: LoadOptions, context: WriteContext): Promise<void> {
  const now = context.now()
  watched.meanwhile = []
  watched.loadedMs = now.getTime()
  try {
    const before = new Date(now.getTime() + 1)
    const model = await loadModel(context, options, { before, now })
    const missing = watched.meanwhile.filter(({ timeMs, pipeline }) => timeMs > (model.newestMs(pipeline) ?? 0))
    model.update(missing, now.getTime())
    watched.model = model
    watched.loadedVersion = (await (await context.table()).info()).version
  } finally {
    watched.meanwhile = undefined
  }
}

/** Whether the rows come after what is known of their pipelines, and none of them replaced another. */
function isNewest(rows: readonly StepRun[], model: AnomalyModel, commit: CommitResult, context: WriteContext): boolean {
  const { rowsUpdated, rowsDeleted, rowsSkipped } = commit
  if (rowsUpdated + rowsDeleted + rowsSkipped > 0 || context.config.writeMode === 'overwrite') return false
  return rows.every(({ pipeline, timeMs }) => timeMs >= (model.newestMs(pipeline) ?? timeMs) - LATE_MS)
}

/** Rows of the past, or in place of others: their pipelines are learned anew around them. */
async function replay(
  { model }: Watched,
  { historyDays = HISTORY_DAYS }: LoadOptions,
  rows: readonly StepRun[],
  context: WriteContext,
): Promise<Anomaly[]> {
  const pipelines = new Set(rows.map(({ pipeline }) => pipeline))
  const newest = Math.max(...[...pipelines].map((pipeline) => model.newestMs(pipeline) ?? 0))
  for (const pipeline of pipelines) model.forget(pipeline)
  const now = context.now()
  const found = await judgeAmongHistory(model, context, rows, { now, historyDays, until: new Date(newest) })
  return found.filter(isAbout(rows))
}
