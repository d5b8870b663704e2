import type { AlertSettings, TableSource, WriteHook } from '@forge/writer-core'
import type { Alert } from './alert.ts'
import { alertOfEvent, alertsOfFailedRuns } from './from-writer.ts'
import { type AlertStation, alertStation, checkSettings, type StationOptions } from './station.ts'

export interface AlertHookOptions extends StationOptions {
  /** The setting, to be checked now: what is wrong with it is otherwise told when the first alert is raised. */
  readonly settings?: readonly AlertSettings[]
}

/** The hook behind the setting `alerts`. */
export interface AlertHook extends WriteHook {
  /** Sends what is due now. */
  deliver(): Promise<void>
}

/**
 * Sends alerts of findings, breaches of quality and failed runs where the setting `alerts` says. They are durable before a write resolves, and sent
 * in the background: a sink that is down blocks no write and loses nothing. Pass it behind the hooks whose findings it is to send. Throws
 * WriterConfigurationError for wrong `settings`.
 */
export function alertHook({ settings = [], ...options }: AlertHookOptions = {}): AlertHook {
  const now = options.now ?? (() => new Date())
  checkSettings(settings, options)
  const stations = new Map<string, { readonly station: AlertStation; readonly settings: readonly AlertSettings[] }>()
  const raised: Alert[] = []
  let background: Promise<void> = Promise.resolve()

  const stationOf = (source: TableSource): AlertStation | undefined => {
    const { alerts, tableSchema, tableName } = source.config
    if (!alerts || alerts.length === 0) return undefined
    const key = `${tableSchema}.${tableName}`
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
      if (!commit.alreadyWritten) raised.push(...alertsOfFailedRuns(batch, `${schema}.${name}`, now()))
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
      await Promise.all([...stations.values()].map(({ station }) => station.close()))
    },
  }
}

/** Rows may be routed to several tables; their alerts are kept beside the one that the settings name. */
function besideTable(source: TableSource): TableSource {
  const { tableSchema, tableName } = source.config
  return {
    config: source.config,
    storage: source.storage,
    logger: source.logger,
    table: (of) => source.table(of),
    companion: (suffix, columns) =>
      source.storage.openTable({ schema: tableSchema, name: `${tableName}_${suffix}` }, { columns }),
  }
}
