import type { Durations, FigureChange, PeriodText, RunFigures, StepFigures } from '@forge/writer-analytics'
import { z } from '@hono/zod-openapi'

export const number = z.number().nullable()
export const text = z.string().nullable()
/** ISO 8601, UTC. */
export const instant = z.string().openapi({ format: 'date-time' })
export const maybeInstant = z.string().nullable().openapi({ format: 'date-time' })

export const periodSchema = z
  .object({ from: maybeInstant, to: maybeInstant })
  .openapi('Period') satisfies z.ZodType<PeriodText>

export const changeSchema = z
  .object({ current: number, previous: number, change: number, changePercent: number })
  .openapi('FigureChange') satisfies z.ZodType<FigureChange>

export const durationsSchema = z
  .object({ mean: number, p50: number, p95: number, p99: number, max: number })
  .openapi('Durations') satisfies z.ZodType<Durations>

export const runFigures = z.object({
  runs: z.number(),
  failedRuns: z.number(),
  unknownRuns: z.number(),
  successRatePercent: number,
}) satisfies z.ZodType<RunFigures>

export const stepFigures = z.object({
  steps: z.number(),
  failedSteps: z.number(),
  skippedSteps: z.number(),
  stepSuccessRatePercent: number,
  durations: durationsSchema,
  rowsProcessed: z.number(),
  rowsWritten: z.number(),
  rowsPerSecond: number,
  validationRate: number,
}) satisfies z.ZodType<StepFigures>
