import { type Alert, alertStation, type StationOptions } from '@forge/writer-alerts'
import {
  type AlertSettings,
  batchRows,
  createLogger,
  memoryStorage,
  type StorageBackend,
  tableSource,
} from '@forge/writer-core'

export const SECRET = 'a key that nobody knows'
export const clock = { ms: Date.UTC(2024, 0, 15, 12) }
export const now = () => new Date(clock.ms)

/** An anomaly of now. */
export function makeAlert(change: Partial<Alert> = {}): Alert {
  return {
    id: 'anomaly:1:error',
    kind: 'anomaly',
    severity: 'error',
    title: 'duration spike: orders silver.clean',
    text: 'took 412 s; expected 95-140 s',
    tableFqn: 'analytics.log',
    pipeline: 'orders',
    step: 'clean',
    runId: 'run-1',
    occurredAt: now().toISOString(),
    ...change,
  }
}

/** A station over a log of its own, on a clock that stands still. */
export function open(
  settings: AlertSettings | AlertSettings[],
  options: StationOptions = {},
  storage: StorageBackend = memoryStorage(),
) {
  const logged: string[] = []
  const logger = createLogger('test', { level: 'warn', write: (line) => logged.push(line) })
  const source = tableSource({ storage, config: { tableSchema: 'analytics', tableName: 'log' }, logger })
  const all = Array.isArray(settings) ? settings : [settings]
  const station = alertStation(source, all, {
    env: { KEY: SECRET },
    now,
    random: () => 0.5,
    timeoutMs: 30_000,
    ...options,
  })
  const readStored = async () => {
    const rows: Record<string, unknown>[] = []
    const table = await source.companion('alerts', [])
    for await (const batch of table.scan()) rows.push(...batchRows(batch))
    return rows.map(({ id, sink, state, attempts, last_error }) => ({ id, sink, state, attempts, last_error }))
  }
  return { station, readStored, storage, logged }
}
