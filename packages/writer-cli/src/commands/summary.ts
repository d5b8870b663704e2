import type { ExtremeStep, FailureGroup, FigureChange, GroupFigures, SummaryReport } from '@forge/writer-analytics'
import { defineCommand } from '../command/command.ts'
import { flag, integer } from '../command/option.ts'
import { choiceOf, knownSource, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { PERIOD_OPTIONS, periodOptions } from '../command/period-options.ts'
import { caveatLines } from '../output/caveats.ts'
import type { Clock } from '../output/clock.ts'
import { factLines } from '../output/facts.ts'
import { countText, durationText, percentText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { showProgress } from '../output/slow-work.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const summary = defineCommand({
  description: 'Summarize runs, steps, rows and durations by phase and pipeline, with failures and the slowest steps',
  options: {
    ...PERIOD_OPTIONS,
    ...PIPELINE_OPTIONS,
    top: integer('Maximum number of pipelines, failures and steps in each list', { min: 1, default: 5 }),
    approximate: flag('Estimate quantiles with a sketch, for very large tables'),
  },
  examples: [
    { command: 'summary', does: 'all recorded runs' },
    {
      command: 'summary --days 30 --pipeline shop',
      does: 'one pipeline in the last 30 days, compared with the 30 days before',
    },
    { command: 'summary --days 1 --json | jq .failedExecutions', does: 'the number of failed runs, for a script' },
  ],
  async run({ options, output, host, openSource }) {
    const { generateSummaryReport } = await import('@forge/writer-analytics')
    const source = await knownSource(await openSource(), options)
    const report = await showProgress(output, 'summarizing', () =>
      generateSummaryReport(source, {
        ...periodOptions(options, { now: host.now, otherwise: Number.POSITIVE_INFINITY }),
        top: options.top,
        approximate: options.approximate,
        ...choiceOf(options),
      }),
    )
    await output.result(report, () => reportLines(report, output, options.top))
  },
})

function* reportLines(report: SummaryReport, output: Output, top: number): Generator<string> {
  if (!report.available) {
    yield `no summary: ${report.reason}`
    return
  }
  yield* factLines(figures(report, output.clock), output)
  yield* caveatLines(report)
  const { phase = [], pipeline = [] } = report.breakdowns
  const ordered = phase.toSorted((a, b) => PHASES.indexOf(a.phase ?? '') - PHASES.indexOf(b.phase ?? ''))
  yield* section(
    output,
    ordered,
    groupColumns('phase', (group) => group.phase ?? ''),
  )
  if (pipeline.length > 1) {
    yield* section(
      output,
      pipeline.slice(0, top),
      groupColumns('pipeline', (group) => group.pipeline ?? ''),
    )
    if (pipeline.length > top) yield `and ${countText(pipeline.length - top)} more`
  }
  yield* section(output, report.failures.groups, FAILURE_COLUMNS)
  yield* section(output, report.slowestSteps, stepColumns('slowest steps'))
  yield* section(output, report.mostFailingSteps, stepColumns('most failures'))
}

const UNKNOWN = 'unknown'
const PHASES = ['bronze', 'silver', 'gold']

function figures(report: SummaryReport, clock: Clock): [string, string][] {
  const { comparison, durations } = report
  const than = (name: keyof NonNullable<typeof comparison>['figures'], format: (value: number) => string) =>
    comparison ? changeText(comparison.figures[name], format) : ''
  const count = (value: number) => countText(value)
  return [
    [
      'runs',
      `${countText(report.totalExecutions)} (${countText(report.failedExecutions)} failed${report.unknownExecutions > 0 ? `, ${countText(report.unknownExecutions)} unknown` : ''})${than('totalExecutions', count)}`,
    ],
    [
      'success rate',
      `${percentText(report.successRatePercent) || UNKNOWN}${than('successRatePercent', (value) => percentText(value))}`,
    ],
    ['pipelines', countText(report.totalPipelines)],
    [
      'steps',
      `${countText(report.totalSteps)} (${countText(report.failedSteps)} failed, ${countText(report.skippedSteps)} not run)`,
    ],
    ['rows processed', `${countText(report.totalRowsProcessed)}${than('totalRowsProcessed', count)}`],
    ['rows written', countText(report.totalRowsWritten)],
    ['valid', percentText(report.validationRate) || UNKNOWN],
    [
      'average step',
      `${durationText(durations.mean) || UNKNOWN}${than('averageDurationSecs', (value) => durationText(value))}`,
    ],
    [
      'p50, p95, p99, max',
      durations.max === null
        ? UNKNOWN
        : [durations.p50, durations.p95, durations.p99, durations.max].map(durationText).join(', '),
    ],
    [
      'first and last',
      report.firstStartedAt === null
        ? UNKNOWN
        : `${clock.second(report.firstStartedAt)} to ${clock.withZone(report.lastStartedAt)}`,
    ],
  ]
}

function changeText({ previous, changePercent }: FigureChange, format: (value: number) => string): string {
  if (previous === null) return ''
  const percent = changePercent === null ? '' : `, ${changePercent < 0 ? '' : '+'}${changePercent.toFixed(1)} %`
  return `  before: ${format(previous)}${percent}`
}

function* section<Row>(output: Output, rows: readonly Row[], columns: readonly TableColumn<Row>[]): Generator<string> {
  if (rows.length === 0) return
  yield ''
  yield* formatTable(columns, rows, output)
}

function groupColumns(name: string, key: (group: GroupFigures) => string): readonly TableColumn<GroupFigures>[] {
  return [
    { header: name, cell: key, cut: 'middle', minWidth: 14 },
    { header: 'runs', align: 'right', cell: ({ runs }) => countText(runs) },
    { header: 'steps', align: 'right', cell: ({ steps }) => countText(steps) },
    { header: 'failed', align: 'right', cell: ({ failedSteps }) => countText(failedSteps) },
    { header: 'average', align: 'right', cell: ({ durations }) => durationText(durations.mean) },
    { header: 'p95', align: 'right', cell: ({ durations }) => durationText(durations.p95) },
    { header: 'rows', align: 'right', cell: ({ rowsProcessed }) => countText(rowsProcessed), leaves: 2 },
    { header: 'valid', align: 'right', cell: ({ validationRate }) => percentText(validationRate), leaves: 1 },
  ]
}

const FAILURE_COLUMNS: readonly TableColumn<FailureGroup>[] = [
  { header: 'failed', align: 'right', cell: ({ failedSteps }) => countText(failedSteps) },
  { header: 'last seen', isTime: true, cell: ({ lastSeen }, clock) => clock.second(lastSeen), shrink: false },
  { header: 'message', cell: ({ message }) => message || '(none)' },
  { header: 'steps', cell: ({ steps }) => steps.join(', '), cut: 'middle', minWidth: 16 },
]

function stepColumns(header: string): readonly TableColumn<ExtremeStep>[] {
  return [
    { header, cell: ({ pipeline, step }) => `${pipeline}/${step}`, cut: 'middle', minWidth: 24 },
    { header: 'average', align: 'right', cell: ({ meanDurationSecs }) => durationText(meanDurationSecs) },
    { header: 'longest', align: 'right', cell: ({ maxDurationSecs }) => durationText(maxDurationSecs) },
    { header: 'failed', align: 'right', cell: (step) => `${countText(step.failedSteps)} of ${countText(step.steps)}` },
  ]
}
