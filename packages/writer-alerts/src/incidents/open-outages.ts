import { batchRows, type LogBatch, selectColumns } from '@forge/writer-core'
import type { AlertStation } from '../station.ts'

/** What a writer knows of the outages of its pipelines, so that writes without one ask for nothing. */
export interface OpenOutages {
  /**
   * Pipelines with an open outage of which the batch has a row that succeeded. When it asks the outbox, what an earlier process left behind is sent,
   * too, in the background: a process that raises nothing would never look.
   */
  endedBy(batch: LogBatch, station: Pick<AlertStation, 'openIncidents' | 'deliver'>): Promise<ReadonlySet<string>>
  /** Asks again next time. */
  forget(): void
}

/** Other processes raise alerts, too: so often the outbox is asked. */
const LOOK_MS = 300_000

export function openOutages(now: () => Date): OpenOutages {
  let known: { readonly pipelines: ReadonlySet<string>; readonly atMs: number } | undefined
  return {
    async endedBy(batch, station) {
      const nowMs = now().getTime()
      if (known === undefined || Math.abs(nowMs - known.atMs) >= LOOK_MS) {
        const open = await station.openIncidents()
        void station.deliver()
        known = { pipelines: new Set(open.flatMap(({ pipeline }) => pipeline ?? [])), atMs: nowMs }
      }
      const { pipelines } = known
      return pipelines.size === 0 ? pipelines : succeededPipelines(batch, pipelines)
    },
    forget() {
      known = undefined
    },
  }
}

function succeededPipelines(batch: LogBatch, among: ReadonlySet<string>): Set<string> {
  const columns = ['pipeline_id', 'success'].filter((name) => batch.columns.some((column) => column.name === name))
  const found = new Set<string>()
  for (const { pipeline_id, success } of batchRows(selectColumns(batch, columns))) {
    if (success === true && typeof pipeline_id === 'string' && among.has(pipeline_id)) found.add(pipeline_id)
  }
  return found
}
