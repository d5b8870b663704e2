import {
  type Anomaly,
  type CommitResult,
  HOOK_SETTINGS,
  type LogBatch,
  type WriteContext,
  type WriteHook,
} from '@forge/writer-core'
import { assertOptions, daysProblem } from '../check-options.ts'
import { type DetectionResult, resultOf } from '../detect.ts'
import type { LoadOptions } from '../history/load-model.ts'
import { resolveOptions } from '../model/options.ts'
import { type FindingKeeper, findingKeeper } from './finding-keeper.ts'
import { type TableWatch, tableWatch } from './table-watch.ts'

export interface AnomalyWatchOptions extends LoadOptions {
  /** Least time between two looks for rows that other processes have written. Default 300000. */
  readonly refreshMs?: number
}

/** The hook behind `enableAnomalyDetection`. */
export interface AnomalyWatch extends WriteHook {
  /** What did not happen until now in the tables that were written to: overdue runs, missing steps. Kept and told as all findings. */
  evaluate(options?: { readonly now?: Date }): Promise<DetectionResult>
}

interface WatchedTable {
  readonly watch: TableWatch
  readonly keeper: FindingKeeper
  /** Of the last write. */
  context: WriteContext
}

/**
 * Judges each write's rows after the commit, against the history of its pipelines, which is read once. Findings are in the write's result, raised
 * as events, and kept in `<table>_anomalies`: those that are silenced soon after, or when it is closed. Throws WriterConfigurationError for a wrong option.
 */
export function anomalyWatch({ refreshMs = 300_000, historyDays, ...options }: AnomalyWatchOptions = {}): AnomalyWatch {
  resolveOptions(options)
  assertOptions([daysProblem('historyDays', historyDays)])
  const load = { ...options, ...(historyDays !== undefined && { historyDays }) }
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
      return { anomalies: found.filter(({ suppressed_by }) => suppressed_by === undefined) }
    },
    onEvent(event) {
      if (event.type !== 'writeFailed') return
      for (const { watch, context } of tables.values()) watch.abandon(event.batchId, context)
    },
    async evaluate({ now } = {}) {
      const all: Anomaly[] = []
      for (const { watch, keeper, context } of tables.values()) {
        const anomalies = await watch.evaluate(now ?? context.now(), context)
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
