import type { AlertStatus } from '@forge/writer-alerts'
import { defineCommand } from '../command/command.ts'
import { choice, integer } from '../command/option.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { countText } from '../output/format.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const alertsList = defineCommand({
  description: 'List pending alerts and alerts that were given up, with the reasons, oldest first.',
  options: {
    state: choice(['waiting', 'pending', 'dead', 'sent', 'all'], 'Alerts to list; waiting means pending and dead', {
      default: 'waiting',
    }),
    limit: integer('Maximum number of alerts', { short: 'n', min: 1, default: 50 }),
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'alerts list', does: 'unsent alerts, with the reasons' },
    { command: 'alerts list --state sent', does: 'alerts that were sent' },
    { command: 'alerts list --json | jq .counts', does: 'counts for a monitoring check' },
  ],
  async run({ options, output, host, openSource }) {
    const { listAlerts } = await import('@forge/writer-alerts')
    const source = await openSource({ tableMayBeMissing: true })
    const all = await listAlerts(source, { states: ['pending', 'dead', 'sent'], now: host.now })
    const counts = { pending: 0, sent: 0, dead: 0 }
    for (const { state } of all) counts[state]++
    const chosen = all.filter(({ state }) => isChosen(state, options.state))
    // The newest of the sent alerts matter most.
    const alerts = options.state === 'sent' ? chosen.slice(-options.limit) : chosen.slice(0, options.limit)
    await output.result({ counts, alerts }, function* () {
      if (alerts.length > 0) yield* formatTable(COLUMNS, alerts, output)
      else yield options.state === 'waiting' ? 'no alerts are waiting' : `no alerts with state ${options.state}`
    })
    if (chosen.length > alerts.length)
      output.note(`showing ${alerts.length} of ${chosen.length} alerts; use --limit to show more`)
  },
})

function isChosen(state: AlertStatus['state'], wanted: string): boolean {
  return wanted === 'all' || wanted === state || (wanted === 'waiting' && state !== 'sent')
}

const COLUMNS: readonly TableColumn<AlertStatus>[] = [
  { header: 'since', isTime: true, cell: ({ since }, clock) => clock.second(since), shrink: false },
  { header: 'state', cell: ({ state }) => state, shrink: false, style: stateStyle },
  { header: 'sink', cell: ({ sink }) => sink, cut: 'middle', minWidth: 12 },
  { header: 'tries', align: 'right', cell: ({ attempts }) => countText(attempts), leaves: 2 },
  { header: 'severity', cell: ({ severity }) => severity, shrink: false },
  { header: 'alert', cell: ({ title }) => title, minWidth: 24 },
  { header: 'reason', cell: ({ reason }) => reason, minWidth: 14, leaves: 3 },
  {
    header: 'next try',
    isTime: true,
    cell: ({ nextTryAt }, clock) => clock.second(nextTryAt),
    shrink: false,
    leaves: 1,
  },
]

function stateStyle({ state }: AlertStatus): 'green' | 'yellow' | 'red' {
  if (state === 'sent') return 'green'
  return state === 'dead' ? 'red' : 'yellow'
}
