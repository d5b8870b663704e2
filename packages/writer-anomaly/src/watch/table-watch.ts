import type { Anomaly, CommitResult, LogBatch, WriteContext } from '@forge/writer-core'
import { HOUR_MS } from '@forge/writer-core/storage'
import { generationOf } from '../feedback/feedback-store.ts'
import type { LoadOptions } from '../history/load-model.ts'
import { type AnomalyModel, isAhead } from '../model/anomaly-model.ts'
import { stepRunsOfBatch } from '../series/from-batch.ts'
import type { StepRun } from '../series/step-run.ts'
import { type EarlyJudgement, earlyJudgements } from './early-judgements.ts'
import type { FindingKeeper } from './finding-keeper.ts'
import { inTurns } from './in-turns.ts'
import {
  loadAll,
  loadWanted,
  newModel,
  refresh,
  replay,
  takeFeedback,
  unlearn,
  type WatchedModel,
} from './watched-model.ts'

/** A watch of the writes to one table. */
export interface TableWatch {
  /** Judges rows while they are being stored, so that nobody waits for it: {@link TableWatch.judge} returns the result. */
  begin(batch: LogBatch, context: WriteContext): void
  judge(batch: LogBatch, commit: CommitResult, context: WriteContext): Promise<Anomaly[]>
  /** Ends a write that has stored nothing, and forgets what was learned from it. */
  abandon(batchId: string, context: WriteContext): void
  evaluate(now: Date, context: WriteContext): Promise<Anomaly[]>
  /** Waits for background work. */
  close(): Promise<void>
}

/** The time by which rows may come later than others of their pipeline and still be learned in order. */
const LATE_MS = HOUR_MS
/** The maximum number of rows that are judged early: this thread is needed again when the engine is done. */
const MAX_EARLY_ROWS = 1000

export function tableWatch(
  options: LoadOptions,
  { refreshMs, keeper }: { readonly refreshMs: number; readonly keeper: FindingKeeper },
): TableWatch {
  let loading: Promise<WatchedModel> | undefined
  let current: WatchedModel | undefined
  let background: Promise<void> = Promise.resolve()
  const early = earlyJudgements()
  const turns = inTurns()

  const load = async (batch: LogBatch, commit: CommitResult, context: WriteContext) => {
    loading ??= newModel(options, batch, commit, context)
    try {
      current = await loading
      return current
    } catch (error) {
      // The next write tries again after a failed load.
      loading = undefined
      throw error
    }
  }
  const judgeNow = async (batch: LogBatch, commit: CommitResult, context: WriteContext, begun?: EarlyJudgement) => {
    const watched = await load(batch, commit, context)
    const isKnown = begun?.epoch === watched.epoch
    if (begun && isKnown && (begun.batch !== batch || !isPlain(commit, context)))
      await unlearn(watched, options, begun.rows, context)
    await takeFeedback(watched, context)
    if (commit.version > watched.version + 1 && isDue(watched, refreshMs, context)) {
      background = refresh(watched, options, context).catch((error: unknown) => {
        context.logger.warn({ error }, 'anomaly detection could not read its history again')
      })
    }
    watched.version = Math.max(watched.version, commit.version)
    const nowMs = context.now().getTime()
    const rows = begun?.batch === batch ? begun.rows : stepRunsOfBatch(batch, nowMs)
    warnOfAhead(rows, nowMs, context)
    watched.meanwhile?.push(...rows)
    if (begun?.epoch === watched.epoch) return begun.found
    await loadWanted(watched, { options, keeper }, { batch, rows, context })
    const isLearned = batch !== watched.loadedBy && commit.version <= watched.loadedVersion
    const isInTurn = isPlain(commit, context) && areNewest(rows, watched.model)
    return isLearned || !isInTurn ? replay(watched, options, rows, context) : watched.model.update(rows, nowMs)
  }
  return {
    begin(batch, context) {
      if (!current || !mayBeEarly(current, batch, context)) return
      early.begin(context.batchId, () => (current && turns.isIdle ? judgeEarly(current, batch, context) : undefined))
    },
    judge(batch, commit, context) {
      const begun = early.end(context.batchId)
      return turns.take(() => judgeNow(batch, commit, context, begun))
    },
    abandon(batchId, context) {
      const begun = early.end(batchId)
      if (!begun) return
      const work = async () => {
        if (current?.epoch === begun.epoch) await unlearn(current, options, begun.rows, context)
      }
      background = turns.take(work).catch((error: unknown) => {
        context.logger.warn({ error }, 'anomaly detection reads its history again with the next write')
        loading = undefined
        current = undefined
      })
    },
    evaluate: (now, context) =>
      turns.take(async () => {
        const watched = await loading
        if (!watched) return []
        await loadAll(watched, options, context)
        return watched.model.evaluate(now.getTime())
      }),
    close: () => background,
  }
}

/** Warns of rows from a clock that is ahead: their time of writing counts as their start. */
function warnOfAhead(rows: readonly StepRun[], nowMs: number, { logger }: WriteContext): void {
  const ahead = rows.filter((row) => isAhead(row, nowMs))
  if (ahead.length === 0) return
  const pipelines = [...new Set(ahead.map(({ pipeline }) => pipeline))]
  logger.warn(
    { rows: ahead.length, pipelines },
    'rows claim to start in the future; the time of writing is used instead',
  )
}

function mayBeEarly({ meanwhile, generation }: WatchedModel, { rowCount }: LogBatch, context: WriteContext): boolean {
  if (meanwhile || generation !== generationOf(context.storage)) return false
  return rowCount <= MAX_EARLY_ROWS && context.config.writeMode === 'append'
}

/** Judges and learns rows that are about to be stored, if they are the newest. */
function judgeEarly(watched: WatchedModel, batch: LogBatch, context: WriteContext): EarlyJudgement | undefined {
  if (!mayBeEarly(watched, batch, context)) return undefined
  const { epoch, model } = watched
  const nowMs = context.now().getTime()
  const rows = stepRunsOfBatch(batch, nowMs)
  const isKnown = rows.every(({ pipeline, success }) => watched.known.has(pipeline) && (success || watched.knowsErrors))
  return isKnown && areNewest(rows, model) ? { batch, rows, found: model.update(rows, nowMs), epoch } : undefined
}

function isDue({ loadedMs, meanwhile }: WatchedModel, refreshMs: number, { now }: WriteContext): boolean {
  return meanwhile === undefined && now().getTime() - loadedMs >= refreshMs
}

/** Returns whether all rows were added, and none of them replaced another. */
function isPlain({ rowsUpdated, rowsDeleted, rowsSkipped }: CommitResult, { config }: WriteContext): boolean {
  return rowsUpdated + rowsDeleted + rowsSkipped === 0 && config.writeMode !== 'overwrite'
}

/** Returns whether the rows come after the known rows of their pipelines. */
function areNewest(rows: readonly StepRun[], model: AnomalyModel): boolean {
  return rows.every(({ pipeline, timeMs }) => timeMs >= (model.newestMs(pipeline) ?? timeMs) - LATE_MS)
}
