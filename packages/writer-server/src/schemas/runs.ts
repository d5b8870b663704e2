import {
  type ComparedRun,
  type ComparedStep,
  type CriticalPath,
  type FailingSince,
  type RecordedOutput,
  RUN_OUTCOMES,
  type RunChanges,
  type RunFacts,
  type RunGrid,
  type RunList,
  type RunStep,
  type RunsCompared,
  type RunViewed,
  type StepAttempt,
  type StepDifference,
  type ViewedRun,
  type ViewedStep,
} from '@forge/writer-analytics'
import { z } from '@hono/zod-openapi'
import { changeSchema, instant, maybeInstant, number, periodSchema, text } from './figure-schemas.ts'

const outcome = z.enum(RUN_OUTCOMES)
const tags = z.array(z.string())

export const runFactsSchema = z
  .object({
    runId: z.string(),
    pipeline: z.string(),
    startedAt: maybeInstant,
    outcome,
    mode: z.string(),
    endedAt: maybeInstant,
    durationSecs: number,
    steps: z.number(),
    failedSteps: z.number(),
    attempts: z.number(),
    rowsProcessed: number,
    rowsWritten: number,
    invalidRows: number,
    status: text,
    owner: text,
    tags,
    recordedAt: maybeInstant,
    errorMessage: text,
  })
  .openapi('RunFacts') satisfies z.ZodType<RunFacts>

export const runListSchema = z
  .object({ tableFqn: z.string(), period: periodSchema, runs: z.array(runFactsSchema), next: text })
  .openapi('RunList') satisfies z.ZodType<RunList>

const stepSchema = z
  .object({
    phase: z.string(),
    step: z.string(),
    success: z.boolean().nullable(),
    status: z.string(),
    attempts: z.number(),
    durationSecs: number,
    rowsProcessed: number,
    rowsWritten: number,
    invalidRows: z.number(),
    validationRate: number,
    startedAt: maybeInstant,
    endedAt: maybeInstant,
    errorMessage: text,
  })
  .openapi('RunStep') satisfies z.ZodType<RunStep>

const attemptSchema = z
  .object({
    executionId: z.string(),
    success: z.boolean().nullable(),
    status: z.string(),
    startedAt: maybeInstant,
    endedAt: maybeInstant,
    durationSecs: number,
    errorMessage: text,
  })
  .openapi('StepAttempt') satisfies z.ZodType<StepAttempt>

const viewedStepSchema = stepSchema
  .extend({
    executions: z.array(attemptSchema),
    sharePercent: number,
    isCritical: z.boolean(),
    waitSecs: number,
  })
  .openapi('ViewedStep') satisfies z.ZodType<ViewedStep>

const criticalPathSchema = z
  .object({
    steps: z.array(
      z.object({
        phase: z.string(),
        step: z.string(),
        startedAt: instant,
        endedAt: instant,
        durationSecs: z.number(),
        waitSecs: z.number(),
        sharePercent: z.number(),
      }),
    ),
    spanSecs: z.number(),
    busySecs: z.number(),
    waitSecs: z.number(),
    stepsWithoutTimes: z.number(),
  })
  .openapi('CriticalPath') satisfies z.ZodType<CriticalPath>

const record = z.object({
  runId: z.string(),
  pipeline: z.string(),
  mode: z.string(),
  success: z.boolean().nullable(),
  startedAt: maybeInstant,
  endedAt: maybeInstant,
  durationSecs: number,
  rowsProcessed: z.number(),
  rowsWritten: z.number(),
  nonFiniteSteps: z.number(),
})

const viewedRunSchema = record
  .extend({
    outcome,
    owner: text,
    tags,
    errorMessage: text,
    hasOwnRow: z.boolean(),
    recordedAt: maybeInstant,
    details: z.record(z.string(), z.unknown()),
  })
  .openapi('ViewedRun') satisfies z.ZodType<ViewedRun>

const changesSchema = z
  .object({
    durationSecs: changeSchema,
    steps: changeSchema,
    failedSteps: changeSchema,
    rowsProcessed: changeSchema,
    rowsWritten: changeSchema,
  })
  .openapi('RunChanges') satisfies z.ZodType<RunChanges>

const comparedStepSchema = z
  .object({
    phase: z.string(),
    step: z.string(),
    inRuns: z.enum(['both', 'a', 'b']),
    a: stepSchema.nullable(),
    b: stepSchema.nullable(),
    durationSecs: changeSchema,
    rowsProcessed: changeSchema,
    validationRate: changeSchema,
    outcome: z.enum(['same', 'broken', 'repaired', 'unknown']),
  })
  .openapi('ComparedStep') satisfies z.ZodType<ComparedStep>

const differenceSchema = comparedStepSchema
  .extend({
    kinds: z.array(
      z.enum([
        'broken',
        'stillFails',
        'didNotRun',
        'gone',
        'new',
        'repaired',
        'slower',
        'faster',
        'fewerRows',
        'moreRows',
        'lessValid',
      ]),
    ),
  })
  .openapi('StepDifference') satisfies z.ZodType<StepDifference>

const failingSinceSchema = z
  .object({ runId: z.string(), startedAt: maybeInstant, failedRuns: z.number() })
  .openapi('FailingSince') satisfies z.ZodType<FailingSince>

const outputSchema = z
  .object({
    phase: text,
    step: text,
    stream: z.enum(['stdout', 'stderr', 'output']),
    bytes: z.number(),
    head: text,
    cutBytes: z.number(),
    tail: z.string(),
  })
  .openapi('RecordedOutput') satisfies z.ZodType<RecordedOutput>

export const runViewedSchema = z
  .object({
    available: z.literal(true),
    tableFqn: z.string(),
    run: viewedRunSchema,
    steps: z.array(viewedStepSchema),
    criticalPath: criticalPathSchema.nullable(),
    concurrency: z.array(z.object({ at: instant, running: z.number() })),
    lastGoodRun: runFactsSchema.nullable(),
    changes: changesSchema.nullable(),
    differences: z.array(differenceSchema),
    equalSteps: z.number(),
    failingSince: failingSinceSchema.nullable(),
    outputs: z.array(outputSchema),
  })
  .openapi('RunViewed') satisfies z.ZodType<RunViewed>

const comparedRunSchema = record
  .extend({ criticalPath: criticalPathSchema.nullable() })
  .openapi('ComparedRun') satisfies z.ZodType<ComparedRun>

export const comparisonSchema = z
  .object({
    available: z.literal(true),
    tableFqn: z.string(),
    a: comparedRunSchema,
    b: comparedRunSchema,
    figures: changesSchema,
    steps: z.array(comparedStepSchema),
    differences: z.array(differenceSchema),
    equalSteps: z.number(),
  })
  .openapi('Comparison') satisfies z.ZodType<RunsCompared>

export const gridSchema = z
  .object({
    tableFqn: z.string(),
    pipeline: z.string(),
    runs: z.array(runFactsSchema),
    steps: z.array(
      z.object({
        phase: z.string(),
        step: z.string(),
        cells: z.array(
          z
            .object({
              success: z.boolean().nullable(),
              status: text,
              durationSecs: number,
              attempts: z.number(),
              rowsProcessed: number,
              validationRate: number,
            })
            .nullable(),
        ),
        knownRuns: z.number(),
        failedRuns: z.number(),
        retriedRuns: z.number(),
        criticalRuns: number,
        medianDurationSecs: number,
      }),
    ),
    otherSteps: z.number(),
    durations: z.object({ successfulRuns: z.number(), p50: number, p95: number }),
  })
  .openapi('RunGrid') satisfies z.ZodType<RunGrid>
