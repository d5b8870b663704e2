import type { TableSource } from '@forge/writer-core'
import type { Alert } from '../alert.ts'
import { outageOf } from '../failed-runs.ts'
import type { OpenIncident } from '../outbox/outbox.ts'
import { alertOfRecovery } from './outage-alerts.ts'
import { readOutage } from './read-outage.ts'

/** Returns the alerts that end open outages which are over according to the log, or only those of `pipelines`. */
export async function recoveries(
  source: TableSource,
  open: readonly OpenIncident[],
  pipelines?: ReadonlySet<string>,
): Promise<Alert[]> {
  const ended: Alert[] = []
  for (const {
    incident,
    pipeline,
    alert: { tableFqn },
  } of open) {
    if (pipeline === null || incident !== outageOf(tableFqn, pipeline)) continue
    if (pipelines && !pipelines.has(pipeline)) continue
    const outage = await readOutage(source, pipeline, tableFqn)
    const alert = outage && alertOfRecovery(outage, tableFqn)
    if (alert) ended.push(alert)
  }
  return ended
}
