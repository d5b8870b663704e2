import type { AlertStatus } from '@forge/writer-alerts'
import { alertSettings } from '../command/alert-settings.ts'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { parseMoment } from '../command/moment.ts'
import { number, text } from '../command/option.ts'
import { choiceOf, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { zone } from '../command/zone-option.ts'
import { countText } from '../output/format.ts'
import { showProgress } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const evaluate = defineCommand({
  description:
    'Check the log once and send alerts, as watch --alerts does continuously. Alerts report anomalies, late and missing runs, failed and lost runs, violated service levels (also of runs that are still running), and recoveries. Each alert is sent once, however often the command runs. Exits with 1 if sending failed and alerts are still pending.',
  options: {
    since: text('Only rows recorded at or after this time: 90m, 12h, 7d, 2w, or ISO 8601', {
      value: 'time',
      default: '24h',
    }),
    ...PIPELINE_OPTIONS,
    timeZone: zone('Time zone of hours and weekdays, and of --since without one; default: UTC'),
    timeout: number('Maximum time to wait for the response of a sink', {
      value: 'secs',
      min: 0.01,
      max: 3600,
      default: 10,
    }),
  },
  examples: [
    { command: 'evaluate', does: 'run from cron every few minutes' },
    { command: 'evaluate --json | jq .raised', does: 'number of new alerts of each kind' },
  ],
  async run({ options, output, host, openSource, settings, signal }) {
    const given = await settings()
    const chosen = alertSettings(given.config, 'evaluate')
    const at = host.now()
    const since = parseMoment(options.since, at, options.timeZone)
    const [{ alertStation, listAlerts }, { evaluationPass }, { runningRuns }] = await Promise.all([
      import('@forge/writer-alerts'),
      import('../watch/evaluation-pass.ts'),
      import('../record/running-runs.ts'),
    ])
    const source = await openSource({ write: true })
    const timeoutMs = options.timeout * 1000
    const station = alertStation(source, chosen, { env: host.env, now: host.now, timeoutMs })
    const raised = await showProgress(output, 'checking runs', async () => {
      try {
        const running = runningRuns(given, host)
        const counts = await evaluationPass(source, station, {
          choice: choiceOf(options),
          since,
          at,
          running,
          timeZone: options.timeZone,
          signal,
        })
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
      yield `new alerts: ${words.join(', ')}; ${countText(pending.length)} pending, ${countText(dead)} given up`
      if (pending.length > 0) yield* formatTable(COLUMNS, pending.slice(0, MAX_ROWS), output)
    })
    // Alerts that wait for the end of quiet hours were not attempted, so nothing failed.
    return pending.some(({ attempts }) => attempts > 0) ? EXIT.failure : EXIT.ok
  },
})

const MAX_ROWS = 20

const COLUMNS: readonly TableColumn<AlertStatus>[] = [
  { header: 'sink', cell: ({ sink }) => sink },
  { header: 'alert', cell: ({ title }) => title },
  { header: 'reason', cell: ({ reason }) => reason },
]
