import type { AlertSettings, CommitResult, LogBatch, TableSource, WriteContext, WriteHook } from '@forge/writer-core'
import { assertOptions, DAY_MS, defaultTableRef, HOOK_SETTINGS, option } from '@forge/writer-core/storage'
import type { Alert } from './alert.ts'
import { alertsOfFailedRuns } from './failed-runs.ts'
import { alertOfEvent } from './from-writer.ts'
import { openOutages } from './incidents/open-outages.ts'
import {
  type AlertStation,
  alertStation,
  checkSettings,
  type LeftAlerts,
  STATION_CHECKS,
  type StationOptions,
} from './station.ts'

export interface AlertHookOptions extends StationOptions {
  /** The setting `alerts`, to be checked immediately. By default it is checked when the first alert is raised. */
  readonly settings?: readonly AlertSettings[] | undefined
  /** Receives the unsent alerts when the hook is closed, if there are any. Default: writes a warning to the logger. */
  readonly onLeft?: ((left: LeftAlerts) => void) | undefined
}

/** The hook that the setting `alerts` needs. */
export interface AlertHook extends WriteHook {
  /** Sends the alerts that are due. */
  deliver(): Promise<void>
}

/**
 * Creates a hook that sends alerts of anomalies, failed quality checks and failed runs to the sinks of the setting `alerts`. They are durable before
 * a write resolves, and sent in the background: a sink that is down blocks no write and loses nothing. Pass it after the hooks whose results it
 * sends. Throws WriterConfigurationError for invalid `settings`.
 */
export function alertHook(given: AlertHookOptions = {}): AlertHook {
  assertOptions('alertHook', given, {
    ...STATION_CHECKS,
    settings: option.list(option.object),
    onLeft: option.action,
  })
  const { settings = [], onLeft, ...options } = given
  const now = options.now ?? (() => new Date())
  checkSettings(settings, options)
  const stations = stationPool(options)
  const raised: Alert[] = []
  let background: Promise<void> = Promise.resolve()
  /** The log of the last alert. */
  let lastSource: TableSource | undefined
  const outages = openOutages(now)

  const recover = async (batch: LogBatch, context: WriteContext) => {
    const station = stations.of(context)
    if (!station || batch.rowCount === 0) return
    const pipelines = await outages.endedBy(batch, station)
    if (pipelines.size > 0 && (await station.raiseRecoveries(pipelines)) > 0) outages.forget()
  }
  const flush = async (source: TableSource) => {
    const alerts = raised.splice(0)
    if (alerts.length === 0) return
    try {
      await stations.of(source)?.raise(alerts)
    } catch (error) {
      // The next write, or closing, tries again.
      raised.unshift(...alerts)
      source.logger.error({ alerts: alerts.length, error }, 'alerts could not be raised')
    }
  }
  return {
    name: 'alerts',
    provides: HOOK_SETTINGS.alerts,
    onEvent(event, source) {
      const alert = alertOfEvent(event, now())
      if (!alert) return
      raised.push(alert)
      lastSource = source
      // Within a write, afterWrite waits for it; otherwise nobody would.
      background = background.then(() => flush(source))
    },
    async afterWrite(commit, batch, context) {
      const { schema, name } = context.tableRef
      // The write that this one repeats may have ended before it raised its alerts; the outbox knows which ones it has.
      if (isRecent(commit, now())) raised.push(...alertsOfFailedRuns(batch, `${schema}.${name}`, now()))
      // This comes before the failures of this write are raised: their outage is not over.
      const hasNews = raised.length > 0
      background = background
        .then(() => recover(batch, context))
        .catch((error: unknown) => context.logger.warn({ error }, 'the end of outages could not be raised'))
      if (hasNews) {
        background = background.then(() => flush(context)).then(outages.forget)
        lastSource = context
      }
      await background
      return undefined
    },
    async deliver() {
      await background
      for (const station of stations.all()) await station.deliver()
    },
    async close() {
      await background
      if (raised.length > 0 && lastSource) await flush(lastSource)
      const { waiting, unstored } = await stations.close()
      if (waiting.length > 0 || unstored > 0) onLeft?.({ waiting, unstored })
    },
  }
}

const RETRY_MS = 3 * DAY_MS

/** Returns whether a write is new, or recent enough that somebody may still try it again. */
function isRecent({ alreadyWritten, timestamp }: CommitResult, now: Date): boolean {
  return !alreadyWritten || !(now.getTime() - Date.parse(timestamp) > RETRY_MS)
}

interface StationPool {
  /** Returns the station of a log; undefined if the setting is empty. */
  of(source: TableSource): AlertStation | undefined
  all(): AlertStation[]
  /** Resolves with the unsent alerts. */
  close(): Promise<LeftAlerts>
}

function stationPool(options: StationOptions): StationPool {
  const current = new Map<string, { readonly station: AlertStation; readonly settings: readonly AlertSettings[] }>()
  const replaced: Promise<void>[] = []
  const all = () => [...current.values()].map(({ station }) => station)
  return {
    of(source) {
      const { alerts } = source.config
      if (!alerts || alerts.length === 0) return undefined
      const { schema, name } = defaultTableRef(source.config)
      const key = `${schema}.${name}`
      const known = current.get(key)
      // Settings may be changed during the life of the writer.
      if (known && known.settings === alerts) return known.station
      if (known) replaced.push(known.station.close())
      const station = alertStation(besideTable(source), alerts, options)
      current.set(key, { station, settings: alerts })
      return station
    },
    all,
    async close() {
      await Promise.all([...replaced, ...all().map((station) => station.close())])
      const left = all().map((station) => station.left())
      return {
        waiting: left.flatMap((each) => each.waiting),
        unstored: left.reduce((sum, each) => sum + each.unstored, 0),
      }
    },
  }
}

/** Returns a source whose alerts are stored next to the default table: rows may be routed to several tables. */
function besideTable(source: TableSource): TableSource {
  const { schema, name } = defaultTableRef(source.config)
  return {
    config: source.config,
    storage: source.storage,
    logger: source.logger,
    table: (of) => source.table(of),
    companion: (suffix, columns) => source.storage.openTable({ schema, name: `${name}_${suffix}` }, { columns }),
  }
}
