import { type Alert, alertOfAnomaly, alertStation, alertsOfFailedRuns } from '@forge/writer-alerts'
import { detectAnomalies, evaluate, saveAnomalies } from '@forge/writer-anomaly'
import { type AlertSettings, and, gt, isFailure, literal, type TableSource } from '@forge/writer-core'

/** Looks at a log from time to time, and tells what is new where the setting `alerts` says. */
export interface AlertWatch {
  /**
   * What was recorded since the last look, and what did not come. Resolves with the number of alerts that are new findings or failures when they are
   * durable; they are sent in the background.
   */
  look(): Promise<number>
  /** Looks where something was recorded and the last look is half a minute ago, and every five minutes: runs that do not come tell nothing. */
  lookWhenDue(hasNews: boolean): Promise<void>
  /** What waits for its sink stays in the outbox. */
  close(): Promise<void>
}

export interface AlertWatchOptions {
  readonly settings: readonly AlertSettings[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  /** Zone of hours, days and weeks. Default `UTC`. */
  readonly timeZone?: string
  readonly signal?: AbortSignal
}

/** Time before the start of the watch from which on is looked. */
const FIRST_LOOK_MS = 3_600_000
const NEWS_MS = 30_000
const NO_NEWS_MS = 300_000
/** A step may have started so long before it is recorded. */
const LONG_STEP_MS = 86_400_000

/** Needs a source that may be written to. Throws WriterConfigurationError for settings of which no sink can be made. */
export function watchAlerts(
  source: TableSource,
  { settings, env, now, timeZone, signal }: AlertWatchOptions,
): AlertWatch {
  const station = alertStation(source, settings, { env, now })
  let since = new Date(now().getTime() - FIRST_LOOK_MS)
  let lookedMs = Number.NEGATIVE_INFINITY
  let hasNewsWaiting = false
  const self: AlertWatch = {
    async lookWhenDue(hasNews) {
      hasNewsWaiting ||= hasNews
      const waitMs = hasNewsWaiting ? NEWS_MS : NO_NEWS_MS
      if (now().getTime() - lookedMs < waitMs) return
      hasNewsWaiting = false
      await self.look()
    },
    async look() {
      const at = now()
      lookedMs = at.getTime()
      const options = { store: false, ...(timeZone !== undefined && { timeZone }), ...(signal && { signal }) }
      const from = new Date(since.getTime() - LONG_STEP_MS)
      const recorded = await detectAnomalies(source, { ...options, now: () => at, since: from })
      const overdue = await evaluate(source, { ...options, now: at })
      const found = [...recorded.anomalies, ...recorded.suppressed, ...overdue.anomalies, ...overdue.suppressed]
      // What was found before is not new, and is not told again.
      const fresh = await saveAnomalies(source, [...new Map(found.map((each) => [each.id, each])).values()])
      const fqn = `${source.config.tableSchema}.${source.config.tableName}`
      const told = fresh.filter(({ suppressed_by }) => suppressed_by === undefined)
      const alerts = [...told.map((anomaly) => alertOfAnomaly(anomaly, fqn)), ...(await failures(source, since, at))]
      await station.raise(alerts)
      // Also what an earlier watch left behind. A sink that hangs must not hold up what is watched.
      void station.deliver()
      since = at
      return alerts.length
    },
    close: () => station.close(),
  }
  return self
}

/** Runs that failed among the rows that were stored since; the outbox knows which of them were told. */
async function failures(source: TableSource, since: Date, now: Date): Promise<Alert[]> {
  const table = await source.table()
  const fqn = `${source.config.tableSchema}.${source.config.tableName}`
  const alerts: Alert[] = []
  const where = and(isFailure((await table.info()).columns), gt('created_at', literal(since)))
  for await (const batch of table.scan({ where })) alerts.push(...alertsOfFailedRuns(batch, fqn, now))
  return alerts
}
