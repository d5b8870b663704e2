import {
  type AlertSettings,
  type CommitResult,
  defaultTableRef,
  type TableSource,
  type WriteHook,
} from '@forge/writer-core'
import type { Alert } from './alert.ts'
import { alertsOfFailedRuns } from './failed-runs.ts'
import { alertOfEvent } from './from-writer.ts'
import { type AlertStation, alertStation, checkSettings, type LeftAlerts, type StationOptions } from './station.ts'

export interface AlertHookOptions extends StationOptions {
  /** The setting, to be checked now: what is wrong with it is otherwise reported when the first alert is raised. */
  readonly settings?: readonly AlertSettings[] | undefined
  /** Called when the hook is closed and alerts still wait. Default: the logger is told. */
  readonly onLeft?: ((left: LeftAlerts) => void) | undefined
}

/** The hook behind the setting `alerts`. */
export interface AlertHook extends WriteHook {
  /** Sends what is due now. */
  deliver(): Promise<void>
}

/**
 * Sends alerts of findings, breaches of quality and failed runs to the sinks of the setting `alerts`. They are durable before a write resolves, and sent
 * in the background: a sink that is down blocks no write and loses nothing. Pass it after the hooks whose findings it is to send. Throws
 * WriterConfigurationError for wrong `settings`.
 */
export function alertHook({ settings = [], onLeft, ...options }: AlertHookOptions = {}): AlertHook {
  const now = options.now ?? (() => new Date())
  checkSettings(settings, options)
  const stations = new Map<string, { readonly station: AlertStation; readonly settings: readonly AlertSettings[] }>()
  const raised: Alert[] = []
  let background: Promise<void> = Promise.resolve()

  const stationOf = (source: TableSource): AlertStation | undefined => {
    const { alerts } = source.config
    if (!alerts || alerts.length === 0) return undefined
    const { schema, name } = defaultTableRef(source.config)
    const key = `${schema}.${name}`
    const known = stations.get(key)
    // Settings may be changed while the writer lives.
    if (known && known.settings === alerts) return known.station
    if (known) background = background.then(known.station.close)
    const station = alertStation(besideTable(source), alerts, options)
    stations.set(key, { station, settings: alerts })
    return station
  }
  const flush = async (source: TableSource) => {
    const alerts = raised.splice(0)
    if (alerts.length === 0) return
    try {
      await stationOf(source)?.raise(alerts)
    } catch (error) {
      source.logger.error({ alerts: alerts.length, error }, 'alerts could not be raised')
    }
  }
  return {
    name: 'alerts',
    provides: ['alerts'],
    onEvent(event, source) {
      const alert = alertOfEvent(event, now())
      if (!alert) return
      raised.push(alert)
      // Within a write, afterWrite takes it along and waits for it; else nobody would.
      background = background.then(() => flush(source))
    },
    async afterWrite(commit, batch, context) {
      const { schema, name } = context.tableRef
      // The write of which this is a retry may have ended before it raised its alerts; the outbox knows which it has.
      if (isRecent(commit, now())) raised.push(...alertsOfFailedRuns(batch, `${schema}.${name}`, now()))
      if (raised.length > 0) background = background.then(() => flush(context))
      await background
      return undefined
    },
    async deliver() {
      await background
      for (const { station } of stations.values()) await station.deliver()
    },
    async close() {
      await background
      const all = [...stations.values()].map(({ station }) => station)
      await Promise.all(all.map((station) => station.close()))
      const left = all.map((station) => station.left())
      const waiting = left.flatMap((each) => each.waiting)
      const unstored = left.reduce((sum, each) => sum + each.unstored, 0)
      if (waiting.length > 0 || unstored > 0) onLeft?.({ waiting, unstored })
    },
  }
}

const RETRY_MS = 72 * 3_600_000

/** Whether a write is new, or not so long past that nobody tries it again. */
function isRecent({ alreadyWritten, timestamp }: CommitResult, now: Date): boolean {
  return !alreadyWritten || !(now.getTime() - Date.parse(timestamp) > RETRY_MS)
}

/** Rows may be routed to several tables; their alerts are kept next to the one that is meant when none is named. */
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
