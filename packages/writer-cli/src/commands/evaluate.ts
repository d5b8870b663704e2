import type { AlertStatus } from '@forge/writer-alerts'
import { alertSettings } from '../command/alert-settings.ts'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { parseMoment } from '../command/moment.ts'
import { number, text } from '../command/option.ts'
import { countText } from '../output/format.ts'
import { tellWhile } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const evaluate = defineCommand({
  description:
    'Look once at the log and alert, as watch --alerts does all the time: findings, runs that are late or did not come, failed and lost runs, broken service levels, and the ends of outages. Each is alerted once, however often this runs. Exit code 1 when alerts still wait for their sink.',
  options: {
    since: text('What was recorded since then is looked at: 90m, 12h, 7d, 2w, or ISO 8601', {
      value: 'time',
      default: '24h',
    }),
    timeZone: text('Zone of the hours and days by which is judged, such as Europe/Berlin', { value: 'zone' }),
    timeout: number('Longest wait for the answer of a sink', { value: 'secs', min: 0.01, max: 3600, default: 10 }),
  },
  examples: [
    { command: 'evaluate', does: 'from cron, every few minutes' },
    { command: 'evaluate --json | jq .raised', does: 'how many of each kind' },
  ],
  async run({ options, output, host, openSource, settings, signal }) {
    const chosen = alertSettings((await settings()).config, 'evaluate')
    const at = host.now()
    const since = parseMoment(options.since, at)
    const [{ alertStation, listAlerts }, { evaluationPass }] = await Promise.all([
      import('@forge/writer-alerts'),
      import('../watch/evaluation-pass.ts'),
    ])
    const source = await openSource({ write: true })
    const timeoutMs = options.timeout * 1000
    const station = alertStation(source, chosen, { env: host.env, now: host.now, timeoutMs })
    const raised = await tellWhile(output, 'judging runs', async () => {
      try {
        const counts = await evaluationPass(source, station, { since, at, timeZone: options.timeZone, signal })
        await station.deliver()
        return counts
      } finally {
        await station.close()
      }
    })
    const left = await listAlerts(source, { now: host.now })
    const pending = left.filter(({ state }) => state === 'pending')
    const dead = left.length - pending.length
    await output.result({ raised, pending: pending.length, dead, alerts: pending }, function* () {
      const words = Object.entries(raised).map(([kind, count]) => `${kind} ${countText(count)}`)
      yield `${words.join(', ')}; waiting ${countText(pending.length)}, given up ${countText(dead)}`
      if (pending.length > 0) yield* formatTable(COLUMNS, pending.slice(0, MAX_ROWS), output)
    })
    // What waits for the end of quiet hours has met no trouble.
    return pending.some(({ attempts }) => attempts > 0) ? EXIT.failure : EXIT.ok
  },
})

const MAX_ROWS = 20

const COLUMNS: readonly TableColumn<AlertStatus>[] = [
  { header: 'sink', cell: ({ sink }) => sink },
  { header: 'alert', cell: ({ title }) => title },
  { header: 'reason', cell: ({ reason }) => reason },
]
