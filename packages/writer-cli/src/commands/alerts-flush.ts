import type { AlertStatus } from '@forge/writer-alerts'
import { alertSettings } from '../command/alert-settings.ts'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, number } from '../command/option.ts'
import { countText } from '../output/format.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const alertsFlush = defineCommand({
  description:
    'Try to send all pending alerts now, even those that wait for their next attempt, for a failing sink or for the end of quiet hours. Exits with 1 if some are still pending.',
  options: {
    dead: flag('Also retry alerts that were given up'),
    timeout: number('Maximum time to wait for a response', { value: 'secs', min: 0.01, max: 3600, default: 10 }),
  },
  examples: [
    { command: 'alerts flush', does: 'send pending alerts after a sink was fixed' },
    { command: 'alerts flush --dead', does: 'also retry alerts that were given up' },
  ],
  async run({ options, output, host, openSource, settings }) {
    const chosen = alertSettings((await settings()).config, 'alerts flush')
    const { alertStation, listAlerts } = await import('@forge/writer-alerts')
    const source = await openSource({ write: true, tableMayBeMissing: true })
    const before = await listAlerts(source, { now: host.now })
    const station = alertStation(source, chosen, {
      env: host.env,
      now: host.now,
      timeoutMs: options.timeout * 1000,
    })
    try {
      await station.flush({ dead: options.dead })
    } finally {
      await station.close()
    }
    const left = await listAlerts(source, { now: host.now })
    const stillThere = new Set(left.map(keyOf))
    const sent = before.filter((alert) => !stillThere.has(keyOf(alert))).length
    const pending = left.filter(({ state }) => state === 'pending')
    const dead = left.length - pending.length
    await output.result({ sent, pending: pending.length, dead, alerts: pending }, function* () {
      yield `${countText(sent)} sent, ${countText(pending.length)} pending, ${countText(dead)} given up`
      if (pending.length > 0) yield* formatTable(COLUMNS, pending.slice(0, MAX_ROWS), output)
    })
    return pending.length > 0 || (options.dead && dead > 0) ? EXIT.failure : EXIT.ok
  },
})

const MAX_ROWS = 20

function keyOf({ id, sink }: AlertStatus): string {
  return `${id}\0${sink}`
}

const COLUMNS: readonly TableColumn<AlertStatus>[] = [
  { header: 'sink', cell: ({ sink }) => sink },
  { header: 'alert', cell: ({ title }) => title },
  { header: 'reason', cell: ({ reason }) => reason },
]
