import { type BacktestResult, backtest as replay, tuneSensitivity } from '@forge/writer-anomaly'
import { defineCommand } from '../command/command.ts'
import { integer, list, number } from '../command/option.ts'
import { limitedSource, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { UsageError } from '../command/usage-error.ts'
import { zone } from '../command/zone-option.ts'
import { countText, percentText } from '../output/format.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const backtest = defineCommand({
  description: `Replay the log through anomaly detection and count the alerts it would have raised.

With --target, find the sensitivity that raises at most this many alerts per week. Precision and recall are computed from recorded feedback.`,
  options: {
    days: integer('Replay only this many days; default: all', { short: 'd', min: 1 }),
    sensitivity: number('Higher values find more anomalies and raise more false alarms; default: 1', {
      min: 0.25,
      max: 4,
    }),
    target: number('Maximum alerts per week; finds the sensitivity for it'),
    timeZone: zone(
      'Time zone of hours, weekdays, holidays and printed times, and of given times without a zone; default: UTC',
    ),
    holidays: list('Holidays to exclude from detection, such as 2024-12-25'),
    ...PIPELINE_OPTIONS,
  },
  examples: [
    { command: 'backtest --days 90', does: 'alerts that the last 90 days would have raised' },
    { command: 'backtest --owner ana --days 30', does: 'alerts about the pipelines of one owner' },
    { command: 'backtest --target 3', does: 'the sensitivity for at most three alerts per week' },
  ],
  async run({ options, output, host, openSource, signal }) {
    const { days, target, sensitivity = 1, timeZone, holidays } = options
    if (target !== undefined && options.sensitivity !== undefined) {
      throw new UsageError('--sensitivity and --target cannot be used together')
    }
    const source = await limitedSource(await openSource(), options)
    const settings = {
      now: host.now,
      signal,
      timeZone,
      days,
      holidays,
    }
    const tuned =
      target === undefined ? undefined : await tuneSensitivity(source, { ...settings, targetAlertsPerWeek: target })
    const { anomalies, ...result } = tuned?.backtest ?? (await replay(source, { ...settings, sensitivity }))
    const chosen = tuned?.sensitivity ?? sensitivity
    const tried = tuned && { keepsTarget: tuned.keepsTarget, tried: tuned.tried }
    await output.result({ ...result, sensitivity: chosen, ...tried }, function* () {
      for (const [name, value] of linesOf(result, chosen)) yield `${output.style('bold', name.padEnd(16))}  ${value}`
      if (tuned?.keepsTarget === false) yield 'no sensitivity meets the target'
      if (result.byDetector.length === 0) return
      yield ''
      yield* formatTable(COLUMNS, result.byDetector, output)
    })
  },
})

function linesOf(result: Omit<BacktestResult, 'anomalies'>, sensitivity: number): [string, string][] {
  const { rows, runs, weeks, alerts, alertsPerWeek, precision, recall } = result
  return [
    ['rows', countText(rows)],
    ['runs', countText(runs)],
    ['weeks', weeks.toFixed(1)],
    ['sensitivity', String(sensitivity)],
    ['alerts', countText(alerts)],
    ['alerts per week', alertsPerWeek.toFixed(2)],
    ['precision', precision === null ? 'no feedback' : percentText(100 * precision)],
    ['recall', recall === null ? 'no feedback' : percentText(100 * recall)],
  ]
}

const COLUMNS: readonly TableColumn<BacktestResult['byDetector'][number]>[] = [
  { header: 'detector', cell: ({ detector }) => detector, shrink: false },
  { header: 'alerts', align: 'right', cell: ({ alerts }) => countText(alerts) },
  { header: 'per week', align: 'right', cell: ({ alertsPerWeek }) => alertsPerWeek.toFixed(2) },
]
