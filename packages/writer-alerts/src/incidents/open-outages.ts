import { batchRows, type LogBatch } from '@forge/writer-core'
import { selectColumns } from '@forge/writer-core/storage'
import type { AlertStation } from '../station.ts'

/** The known outages of a writer's pipelines, so that writes without an outage need no query. */
export interface OpenOutages {
  /**
   * Returns the pipelines with an open outage of which the batch has a row that succeeded. When it reads the outbox, pending alerts of an earlier
   * process are sent in the background, too: a process that raises nothing would never read it.
   */
  endedBy(batch: LogBatch, station: Pick<AlertStation, 'openIncidents' | 'deliver'>): Promise<ReadonlySet<string>>
  /** Reads the outbox again next time. */
  forget(): void
}

/** The interval at which the outbox is read, because other processes raise alerts, too. */
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
