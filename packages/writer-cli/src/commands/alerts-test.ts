import type { SinkAnswer } from '@forge/writer-alerts'
import { alertSettings } from '../command/alert-settings.ts'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { number } from '../command/option.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const alertsTest = defineCommand({
  description:
    'Send a test alert to each configured sink and show the response. Exits with 1 if a sink does not accept it.',
  options: {
    timeout: number('Maximum time to wait for a response', { value: 'secs', min: 0.01, max: 3600, default: 10 }),
  },
  examples: [
    { command: 'alerts test', does: 'check that alerts arrive' },
    { command: 'alerts test --env prod', does: 'use the settings of an environment' },
  ],
  async run({ options, output, host, settings, signal }) {
    const { testSinks } = await import('@forge/writer-alerts')
    const { config } = await settings()
    const sinks = await testSinks(alertSettings(config, 'alerts test'), {
      env: host.env,
      now: host.now,
      timeoutMs: options.timeout * 1000,
      tableFqn: `${config.tableSchema}.${config.tableName}`,
      signal,
    })
    const isOk = sinks.every((each) => each.isOk)
    await output.result({ isOk, sinks }, () => formatTable(COLUMNS, sinks, output))
    return isOk ? EXIT.ok : EXIT.failure
  },
})

const COLUMNS: readonly TableColumn<SinkAnswer>[] = [
  { header: 'sink', cell: ({ sink }) => sink },
  {
    header: 'accepted',
    cell: ({ isOk }) => (isOk ? 'yes' : 'no'),
    shrink: false,
    style: ({ isOk }) => (isOk ? 'green' : 'red'),
  },
  { header: 'response', cell: ({ reason }) => reason ?? 'ok' },
  { header: 'time', align: 'right', cell: ({ durationMs }) => `${durationMs} ms` },
]
