import {
  type FailureGroups,
  type FailureReport,
  PIPELINE_CONDITIONS,
  type PipelineList,
  RUN_OUTCOMES,
  type ServiceLevelReport,
  type SummaryReport,
} from '@forge/writer-analytics'
import type { Anomaly } from '@forge/writer-core'
import { ANOMALY_TYPES, SEVERITIES } from '@forge/writer-core'
import { z } from '@hono/zod-openapi'
import {
  changeSchema,
  durationsSchema,
  instant,
  maybeInstant,
  number,
  periodSchema,
  runFigures,
  stepFigures,
  text,
} from './figure-schemas.ts'
import { runFactsSchema } from './runs.ts'

export const pipelineListSchema = z
  .object({
    tableFqn: z.string(),
    at: instant,
    pipelines: z.array(
      z
        .object({
          pipeline: z.string(),
          state: z.enum(PIPELINE_CONDITIONS),
          owner: text,
          tags: z.array(z.string()),
          lastRun: runFactsSchema,
          lastSuccess: runFactsSchema.nullable(),
          duration: changeSchema,
          rows: changeSchema,
          nextDueAt: maybeInstant,
          lateSince: maybeInstant,
          strip: z.array(
            z.object({
              runId: z.string(),
              startedAt: maybeInstant,
              outcome: z.enum(RUN_OUTCOMES),
              durationSecs: number,
            }),
          ),
          missedAt: z.array(instant),
          maxDurationSecs: number,
        })
        .openapi('PipelineState'),
    ),
    otherPipelines: z.number(),
  })
  .openapi('PipelineList') satisfies z.ZodType<PipelineList>

const failuresSchema = z
  .object({
    groups: z.array(
      z.object({
        message: z.string(),
        failedSteps: z.number(),
        runs: number,
        steps: z.array(z.string()),
        firstSeen: maybeInstant,
        lastSeen: maybeInstant,
        lastRunId: z.string(),
        isNew: z.boolean().nullable(),
        days: z.array(z.object({ day: z.string(), failedSteps: z.number() })).optional(),
      }),
    ),
    otherFailedSteps: z.number(),
  })
  .openapi('FailureGroups') satisfies z.ZodType<FailureGroups>

const groupSchema = stepFigures
  .extend(runFigures.shape)
  .extend({
    phase: z.string().optional(),
    pipeline: z.string().optional(),
    step: z.string().optional(),
    mode: z.string().optional(),
  })
  .openapi('GroupFigures')

const extremeStepSchema = z
  .object({
    pipeline: z.string(),
    phase: z.string(),
    step: z.string(),
    steps: z.number(),
    failedSteps: z.number(),
    failureRatePercent: z.number(),
    meanDurationSecs: number,
    maxDurationSecs: number,
  })
  .openapi('ExtremeStep')

const dimension = z.enum(['phase', 'pipeline', 'step', 'mode'])

export const summarySchema = z
  .object({
    available: z.boolean(),
    reportAvailable: z.boolean(),
    reason: z.string().optional(),
    tableFqn: z.string(),
    period: periodSchema,
    nonFiniteSteps: z.number(),
    futureSteps: z.number(),
    totalExecutions: z.number(),
    failedExecutions: z.number(),
    unknownExecutions: z.number(),
    successRatePercent: number,
    totalPipelines: z.number(),
    totalSteps: z.number(),
    failedSteps: z.number(),
    skippedSteps: z.number(),
    stepSuccessRatePercent: number,
    averageDurationSecs: number,
    durations: durationsSchema,
    totalRowsProcessed: z.number(),
    totalRowsWritten: z.number(),
    rowsPerSecond: number,
    validationRate: number,
    firstStartedAt: maybeInstant,
    lastStartedAt: maybeInstant,
    phaseDistribution: z.record(z.string(), z.number()),
    breakdowns: z.partialRecord(dimension, z.array(groupSchema)),
    incomplete: z.array(dimension),
    failures: failuresSchema,
    slowestSteps: z.array(extremeStepSchema),
    mostFailingSteps: z.array(extremeStepSchema),
    comparison: z
      .object({
        period: periodSchema,
        figures: z.object({
          totalExecutions: changeSchema,
          successRatePercent: changeSchema,
          totalSteps: changeSchema,
          failedSteps: changeSchema,
          averageDurationSecs: changeSchema,
          p95DurationSecs: changeSchema,
          totalRowsProcessed: changeSchema,
          totalRowsWritten: changeSchema,
          rowsPerSecond: changeSchema,
          validationRate: changeSchema,
        }),
      })
      .optional(),
  })
  .openapi('Summary') satisfies z.ZodType<SummaryReport>

export const failureReportSchema = failuresSchema
  .extend(runFigures.shape)
  .extend({
    tableFqn: z.string(),
    period: periodSchema,
    nonFiniteSteps: z.number(),
    futureSteps: z.number(),
    failedSteps: z.number(),
    unreadRuns: z.number(),
    flakySteps: z.array(
      z.object({
        pipeline: z.string(),
        phase: z.string(),
        step: z.string(),
        flakyRuns: z.number(),
        lastRunId: z.string(),
        lastSeen: maybeInstant,
      }),
    ),
  })
  .openapi('FailureReport') satisfies z.ZodType<FailureReport>

export const serviceLevelsSchema = z
  .object({
    available: z.boolean(),
    reason: z.string().optional(),
    tableFqn: z.string(),
    period: periodSchema,
    verdict: z.enum(['passed', 'failed', 'notJudged']),
    isKept: z.boolean(),
    objectives: z.array(
      z.object({
        pipeline: z.string(),
        kind: z.enum([
          'maxDuration',
          'minDuration',
          'runsPerHour',
          'concurrentRuns',
          'startBy',
          'dueTime',
          'successRate',
        ]),
        target: z.string(),
        requiredPercent: z.number(),
        judged: z.number(),
        broken: z.number(),
        keptPercent: number,
        isKept: z.boolean(),
        verdict: z.enum(['passed', 'failed', 'notJudged']),
        errorBudget: z.object({
          allowed: z.number(),
          used: z.number(),
          left: z.number(),
          leftPercent: z.number(),
        }),
        breaches: z.array(z.object({ runId: text, at: instant, knownAt: instant, detail: z.string() })),
      }),
    ),
    nonFiniteRuns: z.number(),
    unmatched: z.array(z.string()),
  })
  .openapi('ServiceLevels') satisfies z.ZodType<ServiceLevelReport>

const anomalySchema = z
  .object({
    id: z.string(),
    type: z.enum(ANOMALY_TYPES),
    description: z.string(),
    severity: z.enum(SEVERITIES),
    score: z.number(),
    value: number,
    expected: number,
    lower: number,
    upper: number,
    deviation: z.object({ absolute: z.number(), relative: number, robustZ: number }),
    metric: z.string(),
    pipeline: z.string(),
    phase: text,
    step: text,
    runId: text,
    detectedAt: instant,
    occurredAt: instant,
    detector: z.string(),
    baseline: z.object({
      n: z.number(),
      from: text,
      to: text,
      seasonality: z.enum(['none', 'hour', 'dow', 'hour_of_week', 'dom']),
      status: z.enum(['cold', 'warming', 'ready']),
    }),
    evidence: z.object({ historyTail: z.array(z.number()), contributing: z.array(z.string()).optional() }).optional(),
    suppressedBy: z.string().optional(),
  })
  .openapi('Anomaly') satisfies z.ZodType<Anomaly>

export const anomalyListSchema = z
  .object({ anomalies: z.array(anomalySchema), isCut: z.boolean() })
  .openapi('AnomalyList')

export const tableSchema = z
  .object({
    tableFqn: z.string(),
    exists: z.boolean(),
    version: z.number(),
    rows: z.number(),
    sizeBytes: z.number(),
    files: z.number(),
    stateId: z.string(),
  })
  .openapi('Table')
