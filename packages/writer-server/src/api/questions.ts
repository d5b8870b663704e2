import {
  analyzePerformanceTrends,
  analyzeQualityTrends,
  checkServiceLevels,
  choosePipelines,
  generateSummaryReport,
  listPipelines,
  listRuns,
  type PeriodOptions,
  type RowChoice,
  readFailures,
  readRunGrid,
} from '@forge/writer-analytics'
import { z } from '@hono/zod-openapi'
import {
  anomalyListSchema,
  failureReportSchema,
  pipelineListSchema,
  serviceLevelsSchema,
  summarySchema,
  tableSchema,
} from '../schemas/figures.ts'
import { comparisonSchema, gridSchema, runListSchema, runViewedSchema } from '../schemas/runs.ts'
import { qualitySchema, trendsSchema } from '../schemas/trends.ts'
import { readAnomalyList } from './anomalies.ts'
import { compareWantedRuns } from './compare.ts'
import { readWantedRun } from './find-run.ts'
import { CHOICE, PERIOD, RUNS, several, text, whole, words } from './parameters.ts'
import { defineQuestion, type Question } from './question.ts'
import { readTable } from './table.ts'

const NONE = z.strictObject({})
const RUN_ID = z.strictObject({
  runId: z
    .string()
    .min(1)
    .openapi({
      param: { name: 'runId', in: 'path' },
      description: 'The id of the run, or a beginning that only one run has.',
    }),
})
const SOME = z.strictObject({ ...CHOICE, ...PERIOD })
const BUCKET = words(['hour', 'day', 'week'], 'The length of a bucket. Default: day.')

/** Every question of the API: a new one is a line here, and a schema of its answer. */
export const QUESTIONS: readonly Question[] = [
  defineQuestion({
    path: '/table',
    summary: 'Describes the table of the log',
    params: NONE,
    query: NONE,
    answer: tableSchema,
    read: (_asked, { source, state }) => readTable(source, state),
  }),
  defineQuestion({
    path: '/pipelines',
    summary: 'Lists the pipelines with their last runs; failed and late ones first',
    params: NONE,
    query: z.strictObject({
      ...CHOICE,
      runs: whole(1, 90, 'The runs of a strip. Default 30.'),
      limit: whole(1, 1000, 'Maximum number of pipelines; the ones that ran last are shown. Default 500.'),
    }),
    answer: pipelineListSchema,
    read: ({ runs, limit, ...asked }, { source, levels, now }) =>
      listPipelines(source, { ...choiceOf(asked), runs, limit, levels, now }),
  }),
  defineQuestion({
    path: '/grid',
    summary: 'Returns the steps of a pipeline by its last runs',
    params: NONE,
    query: z.strictObject({
      pipeline: z.string().openapi({ description: 'The id of the pipeline.' }),
      runs: whole(1, 90, 'Maximum number of runs; the newest ones are returned. Default 30.'),
      steps: whole(1, 200, 'Maximum number of steps. Default 200.'),
      mode: text('Only runs of this mode.', 'incremental'),
    }),
    answer: gridSchema,
    read: ({ pipeline, runs, steps, mode }, { source }) => readRunGrid(source, { pipeline, runs, steps, mode }),
  }),
  defineQuestion({
    path: '/runs',
    summary: 'Lists runs, the newest first, in pages that later runs do not shift',
    params: NONE,
    query: z.strictObject({ ...RUNS, limit: whole(1, 1000, 'Maximum number of runs of a page. Default 50.') }),
    answer: runListSchema,
    read: ({ outcome, q, mode, limit, after, ...asked }, { source, now }) => {
      const period = asked.days ?? asked.from ?? asked.to
      const outcomes = outcome && [...new Set(outcome)]
      return listRuns(source, {
        ...choiceOf(asked),
        ...(period === undefined ? {} : periodOf(asked, now)),
        outcomes,
        mode,
        text: q,
        limit,
        after,
      })
    },
  }),
  defineQuestion({
    path: '/runs/{runId}',
    summary: 'Returns a run: its steps, its critical path, and what differs from the last good run',
    params: RUN_ID,
    query: NONE,
    answer: runViewedSchema,
    read: ({ runId }, { source }) => readWantedRun(source, runId),
  }),
  defineQuestion({
    path: '/compare',
    summary: 'Compares two runs step by step',
    params: NONE,
    query: z.strictObject({
      a: z.string().min(1).openapi({ description: 'The earlier run.' }),
      b: z.string().min(1).openapi({ description: 'The later run.' }),
    }),
    answer: comparisonSchema,
    read: ({ a, b }, { source }) => compareWantedRuns(source, a, b),
  }),
  defineQuestion({
    path: '/summary',
    summary: 'Summarizes the runs and steps of a period',
    params: NONE,
    query: z.strictObject({
      ...CHOICE,
      ...PERIOD,
      by: words(['phase', 'pipeline', 'step', 'mode'], 'The dimensions of the breakdowns. Default: all.'),
      limit: whole(1, 1000, 'Maximum number of groups of a breakdown. Default 1000.'),
      top: whole(1, 100, 'Maximum number of failures and of steps. Default 10.'),
    }),
    answer: summarySchema,
    read: ({ by, limit, top, ...asked }, { source, now }) =>
      generateSummaryReport(source, { ...choiceOf(asked), ...periodOf(asked, now), by, limit, top }),
  }),
  defineQuestion({
    path: '/failures',
    summary: 'Lists the failed steps of a period by cause',
    params: NONE,
    query: z.strictObject({ ...CHOICE, ...PERIOD, top: whole(1, 100, 'Maximum number of causes. Default 50.') }),
    answer: failureReportSchema,
    read: ({ top, ...asked }, { source, now, timeZone }) =>
      readFailures(source, { ...choiceOf(asked), ...periodOf(asked, now), top, timeZone }),
  }),
  defineQuestion({
    path: '/trends',
    summary: 'Returns durations and success over time',
    params: NONE,
    query: SOME.extend({ bucket: BUCKET }),
    answer: trendsSchema,
    read: ({ bucket, ...asked }, { source, now, timeZone }) =>
      analyzePerformanceTrends(source, { ...choiceOf(asked), ...periodOf(asked, now), bucket: bucket?.[0], timeZone }),
  }),
  defineQuestion({
    path: '/quality',
    summary: 'Returns the validation rate over time',
    params: NONE,
    query: SOME.extend({ bucket: BUCKET }),
    answer: qualitySchema,
    read: ({ bucket, ...asked }, { source, now, timeZone }) =>
      analyzeQualityTrends(source, { ...choiceOf(asked), ...periodOf(asked, now), bucket: bucket?.[0], timeZone }),
  }),
  defineQuestion({
    path: '/service-levels',
    summary: 'Checks runs against the configured service levels',
    params: NONE,
    query: SOME,
    answer: serviceLevelsSchema,
    read: (asked, { source, state, levels, now }) =>
      checkServiceLevels(source, { ...choiceOf(asked), ...periodOf(asked, now), levels, running: state.running }),
  }),
  defineQuestion({
    path: '/anomalies',
    summary: 'Lists the stored anomalies, the newest first',
    params: NONE,
    query: z.strictObject({
      pipeline: several('Only anomalies of this pipeline.', 'orders'),
      owner: CHOICE.owner,
      tag: CHOICE.tag,
      days: PERIOD.days,
      limit: whole(1, 1000, 'Maximum number of anomalies. Default 100.'),
    }),
    answer: anomalyListSchema,
    read: async ({ pipeline, owner, tag, days, limit }, { source, now }) => {
      const chosen =
        owner === undefined && tag === undefined ? undefined : await choosePipelines(source, choiceOf({ owner, tag }))
      const pipelines = pipeline && chosen ? chosen.filter((each) => pipeline.includes(each)) : (pipeline ?? chosen)
      return readAnomalyList(source, { pipelines, days, limit, now })
    },
  }),
]

interface Asked {
  readonly pipeline?: string | undefined
  readonly owner?: string | undefined
  readonly tag?: readonly string[] | undefined
  readonly days?: number | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}

/** Returns the choice of rows that the parameters name. */
export function choiceOf({ pipeline, owner, tag }: Asked): RowChoice {
  return { pipeline, owner, tags: tag }
}

/** Returns the period that the parameters name. */
export function periodOf({ days, from, to }: Asked, now: () => Date): PeriodOptions {
  return { days, from, to, now }
}
