import {
  type GroupFigures,
  generateSummaryReport,
  listPipelines,
  type PipelineState,
  type RunFacts,
} from '@forge/writer-analytics'
import type { CheckedServerOptions } from '../context/server-options.ts'
import type { Snapshot } from '../live/snapshot.ts'
import { VERSION } from '../version.ts'
import type { MetricFamily, MetricSample } from './exposition.ts'

/** Each pipeline is a label: a scrape stays small whatever the log holds. */
const MAX_PIPELINES = 1000

/** Reads the metrics of the pipelines that ran last, and of the table. */
export async function readMetrics(
  { state, ...snapshot }: Snapshot,
  { now, levels }: CheckedServerOptions,
): Promise<MetricFamily[]> {
  const source = await snapshot.source()
  const { pipelines, otherPipelines } = await listPipelines(source, { limit: MAX_PIPELINES, levels, now })
  const { breakdowns } = await generateSummaryReport(source, {
    days: Number.POSITIVE_INFINITY,
    by: ['pipeline'],
    compare: false,
    limit: MAX_PIPELINES,
    top: 1,
    now,
  })
  return [
    gauge('build_info', 'The version of forge-writer', [{ labels: { version: VERSION }, value: 1 }]),
    gauge('table_rows', 'Rows of the log', [{ labels: {}, value: state.rows }]),
    gauge('table_version', 'The version of the log; -1 if it does not exist', [{ labels: {}, value: state.version }]),
    gauge('pipelines_left_out', 'Pipelines without metrics, because there are too many', [
      { labels: {}, value: otherPipelines },
    ]),
    ...lastRuns(pipelines),
    ...totals(breakdowns.pipeline ?? []),
  ]
}

function lastRuns(pipelines: readonly PipelineState[]): MetricFamily[] {
  const each = (value: (state: PipelineState) => number | null): MetricSample[] =>
    pipelines.map((state) => ({ labels: { pipeline: state.pipeline }, value: value(state) }))
  return [
    gauge(
      'pipeline_last_run_timestamp_seconds',
      'The start of the last run, in seconds since 1970',
      each(({ lastRun }) => secondsOf(lastRun.startedAt)),
    ),
    gauge(
      'pipeline_last_success_timestamp_seconds',
      'The end of the last run that succeeded, in seconds since 1970',
      each(({ lastSuccess }) => secondsOf(endOf(lastSuccess))),
    ),
    gauge(
      'pipeline_last_run_duration_seconds',
      'The duration of the last run',
      each(({ lastRun }) => lastRun.durationSecs),
    ),
    gauge(
      'pipeline_last_run_rows',
      'The rows that the last run processed',
      each(({ lastRun }) => lastRun.rowsProcessed),
    ),
    gauge(
      'pipeline_last_run_success',
      '1 if the last run succeeded, 0 if it failed; absent if that is not known',
      each(({ lastRun: { outcome } }) => (outcome === 'unknown' ? null : outcome === 'succeeded' ? 1 : 0)),
    ),
    gauge(
      'pipeline_late',
      '1 if a due time passed without a success',
      each(({ lateSince }) => (lateSince === null ? 0 : 1)),
    ),
  ]
}

function totals(groups: readonly GroupFigures[]): MetricFamily[] {
  const labelsOf = (group: GroupFigures) => ({ pipeline: group.pipeline ?? '' })
  return [
    {
      name: 'forge_writer_pipeline_runs_total',
      type: 'counter',
      help: 'Runs in the log by outcome; pruning the log resets it',
      samples: groups.flatMap((group): MetricSample[] => {
        const { runs, failedRuns, unknownRuns } = group
        const counts = { succeeded: runs - failedRuns - unknownRuns, failed: failedRuns, unknown: unknownRuns }
        return Object.entries(counts).map(([outcome, value]) => ({ labels: { ...labelsOf(group), outcome }, value }))
      }),
    },
    {
      name: 'forge_writer_pipeline_rows_processed_total',
      type: 'counter',
      help: 'Rows that the steps in the log processed; pruning the log resets it',
      samples: groups.map((group) => ({ labels: labelsOf(group), value: group.rowsProcessed })),
    },
    {
      name: 'forge_writer_pipeline_rows_written_total',
      type: 'counter',
      help: 'Rows that the steps in the log wrote; pruning the log resets it',
      samples: groups.map((group) => ({ labels: labelsOf(group), value: group.rowsWritten })),
    },
  ]
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name: `forge_writer_${name}`, type: 'gauge', help, samples }
}

function endOf(run: RunFacts | null): string | null {
  return run && (run.endedAt ?? run.startedAt)
}

function secondsOf(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso) / 1000
}
