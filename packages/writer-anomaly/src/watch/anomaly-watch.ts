import type { Anomaly, CommitResult, LogBatch, WriteContext, WriteHook } from '@forge/writer-core'
import { type DetectionResult, resultOf } from '../detect.ts'
import type { LoadOptions } from '../history/load-model.ts'
import { resolveOptions } from '../model/options.ts'
import { stepRunsOfBatch } from '../series/from-batch.ts'
import { saveAnomalies } from '../store/anomaly-store.ts'
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

/**
 * Judges each write's rows after the commit, against the history that is read once, at the first write. Findings are in the write's result, raised
 * as events, and kept in `<table>_anomalies`. Throws WriterConfigurationError for a wrong option.
 */
export function anomalyWatch({ refreshMs = 300_000, historyDays, ...options }: AnomalyWatchOptions = {}): AnomalyWatch {
  resolveOptions(options)
  const load = { ...options, ...(historyDays !== undefined && { historyDays }) }
  const tables = new Map<string, { readonly watch: TableWatch; context: WriteContext }>()
  let wasOn = false

  return {
    name: 'anomaly-watch',
    provides: ['enableAnomalyDetection'],
    async afterWrite(commit: CommitResult, batch: LogBatch, context: WriteContext) {
      wasOn ||= context.config.enableAnomalyDetection
      if (wasOn && !context.config.enableAnomalyDetection) return undefined
      if (commit.alreadyWritten || batch.rowCount === 0) return { anomalies: [] }
      const fqn = fqnOf(context)
      const known = tables.get(fqn) ?? { watch: tableWatch(load, { refreshMs }), context }
      known.context = context
      tables.set(fqn, known)
      const rows = stepRunsOfBatch(batch, context.now().getTime())
      return { anomalies: await tell(context, await known.watch.judge(rows, commit, context)) }
    },
    async evaluate({ now } = {}) {
      const all: Anomaly[] = []
      for (const { watch, context } of tables.values()) {
        const anomalies = await watch.evaluate(now ?? context.now())
        await tell(context, anomalies)
        all.push(...anomalies)
      }
      return resultOf(all, 0)
    },
    async close() {
      for (const { watch } of tables.values()) await watch.close()
    },
  }
}

/** Keeps findings, raises those that are new, and gives back what the write's result tells. */
async function tell(context: WriteContext, found: readonly Anomaly[]): Promise<Anomaly[]> {
  if (found.length === 0) return []
  for (const anomaly of await saveAnomalies(context, found)) {
    if (anomaly.suppressed_by === undefined) context.emit({ type: 'anomaly', tableFqn: fqnOf(context), anomaly })
  }
  return found.filter(({ suppressed_by }) => suppressed_by === undefined)
}

function fqnOf({ tableRef: { schema, name } }: WriteContext): string {
  return `${schema}.${name}`
}
