import type { Anomaly, CommitResult, LogBatch, WriteContext, WriteHook } from '@forge/writer-core'
import { assertOptions, HOOK_SETTINGS, option } from '@forge/writer-core/storage'
import { type DetectionResult, resultOf } from '../detect/detect.ts'
import type { LoadOptions } from '../history/load-model.ts'
import { assertDetectionOptions, DAYS, MILLISECONDS } from '../options/check-options.ts'
import { type FindingKeeper, findingKeeper } from './finding-keeper.ts'
import { type TableWatch, tableWatch } from './table-watch.ts'

export interface AnomalyWatchOptions extends LoadOptions {
  /** Minimum time between two checks for rows that other processes have written, in milliseconds. Default 300000. */
  readonly refreshMs?: number | undefined
}

/** The hook that `enableAnomalyDetection` needs. */
export interface AnomalyWatch extends WriteHook {
  /**
   * Finds what is missing by now in the tables that were written to: overdue runs and steps. They are stored and reported as all
   * anomalies.
   */
  evaluate(options?: { readonly now?: (() => Date) | undefined }): Promise<DetectionResult>
}

interface WatchedTable {
  readonly watch: TableWatch
  readonly keeper: FindingKeeper
  /** The context of the last write. */
  context: WriteContext
}

/**
 * Creates a hook that judges the rows of each write after the commit, by the history of their pipelines, which is read once. Anomalies are returned
 * in the result of the write, emitted as events, and stored in `<table>_anomalies`; suppressed ones are stored a little later, at the latest when the
 * hook is closed. Throws WriterConfigurationError for an invalid option.
 */
export function anomalyWatch(options: AnomalyWatchOptions = {}): AnomalyWatch {
  assertDetectionOptions('anomalyWatch', options, { historyDays: DAYS, refreshMs: MILLISECONDS })
  const { refreshMs = 300_000, ...load } = options
  const tables = new Map<string, WatchedTable>()
  let wasOn = false

  const isOn = ({ config }: WriteContext) => {
    wasOn ||= config.enableAnomalyDetection
    return !wasOn || config.enableAnomalyDetection
  }
  const watchedTable = (context: WriteContext): WatchedTable => {
    const key = keyOf(context)
    const known = tables.get(key)
    if (known) {
      known.context = context
      return known
    }
    const keeper = findingKeeper()
    const made = { watch: tableWatch(load, { refreshMs, keeper }), keeper, context }
    tables.set(key, made)
    return made
  }

  return {
    name: 'anomaly-watch',
    provides: HOOK_SETTINGS.anomaly,
    beforeWrite(batch: LogBatch, context: WriteContext) {
      if (isOn(context)) tables.get(keyOf(context))?.watch.begin(batch, context)
      return undefined
    },
    async afterWrite(commit: CommitResult, batch: LogBatch, context: WriteContext) {
      const isSilent = commit.alreadyWritten || batch.rowCount === 0
      if (!isOn(context) || isSilent) tables.get(keyOf(context))?.watch.abandon(context.batchId, context)
      if (!isOn(context)) return undefined
      if (isSilent) return { anomalies: [] }
      const { watch, keeper } = watchedTable(context)
      const found = await watch.judge(batch, commit, context)
      if (found.length === 0) return { anomalies: found }
      await keeper.keep(found, context)
      return { anomalies: found.filter(({ suppressedBy }) => suppressedBy === undefined) }
    },
    onEvent(event) {
      if (event.type !== 'writeFailed') return
      for (const { watch, context } of tables.values()) watch.abandon(event.batchId, context)
    },
    async evaluate(asked = {}) {
      assertOptions('evaluate', asked, { now: option.clock })
      const { now } = asked
      const all: Anomaly[] = []
      for (const { watch, keeper, context } of tables.values()) {
        const anomalies = await watch.evaluate((now ?? context.now)(), context)
        await keeper.keep(anomalies, context)
        await keeper.flush()
        all.push(...anomalies)
      }
      return resultOf(all, 0)
    },
    async close() {
      for (const { watch, keeper } of tables.values()) {
        await watch.close()
        await keeper.flush()
      }
    },
  }
}

function keyOf({ tableRef: { schema, name } }: WriteContext): string {
  return `${schema}.${name}`
}
