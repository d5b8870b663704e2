import type { Bucket, GroupTrend, PerformanceTrends, Trend } from '@forge/writer-analytics'
import { defineCommand } from '../command/command.ts'
import { choice, integer } from '../command/option.ts'
import { choiceOf, knownSource, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { PERIOD_OPTIONS, periodOptions } from '../command/period-options.ts'
import { caveatLines } from '../output/caveats.ts'
import { factLines } from '../output/facts.ts'
import { countText, durationText, percentText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { showProgress } from '../output/slow-work.ts'
import { bar, sparkline } from '../output/spark.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

const MAX_BUCKETS = 40

export const trends = defineCommand({
  description:
    'Show how durations and success change over time, overall and by pipeline, with slope, confidence interval and forecast',
  options: {
    ...PERIOD_OPTIONS,
    bucket: choice(['hour', 'day', 'week'], 'Length of a time bucket', { short: 'b', default: 'day' }),
    ...PIPELINE_OPTIONS,
    limit: integer('Maximum number of pipelines and steps', { short: 'n', min: 1, default: 10 }),
  },
  examples: [
    { command: 'trends', does: 'the last 30 days, by day' },
    { command: 'trends --days 365 --bucket week', does: 'a year, by week' },
    { command: 'trends --pipeline shop --time-zone Europe/Berlin', does: 'one pipeline, with days in Berlin time' },
  ],
  async run({ options, output, host, openSource }) {
    const { analyzePerformanceTrends } = await import('@forge/writer-analytics')
    const source = await knownSource(await openSource(), options)
    const found = await showProgress(output, 'computing trends', () =>
      analyzePerformanceTrends(source, {
        ...periodOptions(options, { now: host.now, otherwise: 30 }),
        bucket: options.bucket,
        timeZone: options.timeZone,
        limit: options.limit,
        ...choiceOf(options),
      }),
    )
    await output.result(found, () => trendLines(found, output))
  },
})

function* trendLines(found: PerformanceTrends, output: Output): Generator<string> {
  if (!found.available) {
    yield `no trends: ${found.reason}`
    return
  }
  const { durationTrend, successTrend, validationTrend } = found
  yield* factLines(
    [
      ['duration', `${durationText(durationTrend.mean)} on average, ${trendText(durationTrend, secondsText)}`],
      [
        'success',
        `${percentText(successTrend.successRatePercent)} of ${countText(successTrend.totalExecutions)} runs, ${trendText(successTrend, pointsText)}`,
      ],
      ...(validationTrend
        ? [
            [
              'valid',
              `${percentText(validationTrend.mean)} on average, ${trendText(validationTrend, pointsText)}`,
            ] as const,
          ]
        : []),
    ],
    output,
  )
  yield* caveatLines(found)
  yield ''
  yield* formatTable(bucketColumns(found.buckets), found.buckets.slice(-MAX_BUCKETS), output)
  if (found.buckets.length > MAX_BUCKETS) yield `and ${countText(found.buckets.length - MAX_BUCKETS)} earlier`
  yield ''
  yield* formatTable(
    groupColumns('pipeline', ({ pipeline }) => pipeline),
    found.pipelines,
    output,
  )
  yield ''
  yield* formatTable(
    groupColumns('step', ({ pipeline, step }) => `${pipeline}/${step}`),
    found.steps,
    output,
  )
}

function trendText(trend: Trend, format: (value: number) => string): string {
  const { direction, slopePerDay, slopeInterval, forecast } = trend
  if (slopePerDay === null || slopeInterval === null) return 'too little data for a trend'
  const slope = `${format(slopePerDay)} a day (${format(slopeInterval.lower)} to ${format(slopeInterval.upper)})`
  const [next] = forecast
  return next ? `${direction}, ${slope}, next ${Number(next.value.toFixed(2))}` : `${direction}, ${slope}`
}

function secondsText(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)} s`
}

function pointsText(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(2)} %`
}

function bucketColumns(buckets: readonly Bucket[]): readonly TableColumn<Bucket>[] {
  const greatest = Math.max(0, ...buckets.map(({ durations }) => durations.mean ?? 0))
  return [
    { header: 'from', isTime: true, cell: ({ at }, clock) => clock.minute(at), shrink: false },
    { header: 'runs', align: 'right', cell: ({ runs }) => countText(runs) },
    { header: 'failed', align: 'right', cell: ({ failedRuns }) => countText(failedRuns) },
    { header: 'p95', align: 'right', cell: ({ durations }) => durationText(durations.p95) },
    { header: 'average', align: 'right', cell: ({ durations }) => durationText(durations.mean) },
    { header: '', cell: ({ durations }) => bar(durations.mean, greatest), style: () => 'cyan' },
  ]
}

function groupColumns(header: string, key: (group: GroupTrend) => string): readonly TableColumn<GroupTrend>[] {
  return [
    { header, cell: key },
    { header: 'steps', align: 'right', cell: ({ steps }) => countText(steps) },
    { header: 'average', align: 'right', cell: ({ mean }) => durationText(mean) },
    { header: 'trend', cell: ({ trend }) => trend.direction, shrink: false, style: trendStyle },
    {
      header: 'a day',
      align: 'right',
      cell: ({ trend }) => (trend.slopePerDay === null ? '' : secondsText(trend.slopePerDay)),
    },
    { header: '', cell: ({ series }) => sparkline(series.map(({ value }) => value)), shrink: false },
  ]
}

function trendStyle({ trend }: GroupTrend): 'red' | 'green' | undefined {
  return trend.direction === 'rising' ? 'red' : trend.direction === 'falling' ? 'green' : undefined
}
