import type { GroupTrend, PerformanceTrends, QualityTrends, Trend } from '@forge/writer-analytics'
import { z } from '@hono/zod-openapi'
import { instant, number, periodSchema, runFigures, stepFigures } from './figure-schemas.ts'

const trendSchema = z.object({
  direction: z.enum(['rising', 'falling', 'flat', 'unknown']),
  slopePerDay: number,
  slopeInterval: z.object({ lower: z.number(), upper: z.number() }).nullable(),
  forecast: z.array(z.object({ at: instant, value: z.number(), lower: z.number(), upper: z.number() })),
  reason: z.string().optional(),
}) satisfies z.ZodType<Trend>

const spread = { min: number, max: number, mean: number, stddev: number }

const trendHead = z.object({
  tableFqn: z.string(),
  period: periodSchema,
  bucket: z.enum(['hour', 'day', 'week']),
  timeZone: z.string(),
})

const missing = trendHead.extend({
  available: z.literal(false),
  trendsAvailable: z.literal(false),
  reason: z.string(),
})

const available = trendHead.extend({
  available: z.literal(true),
  trendsAvailable: z.literal(true),
  nonFiniteSteps: z.number(),
  futureSteps: z.number(),
})

const groupTrendSchema = z
  .object({
    ...spread,
    pipeline: z.string(),
    phase: z.string().optional(),
    step: z.string().optional(),
    steps: z.number(),
    stepSuccessRatePercent: number,
    trend: trendSchema,
    successTrend: trendSchema,
    series: z.array(z.object({ at: instant, value: number })),
  })
  .openapi('GroupTrend') satisfies z.ZodType<GroupTrend>

export const trendsSchema = z
  .discriminatedUnion('available', [
    available.extend({
      buckets: z.array(stepFigures.extend(runFigures.shape).extend({ at: instant })),
      durationTrend: trendSchema.extend(spread),
      pipelines: z.array(groupTrendSchema),
      steps: z.array(groupTrendSchema),
      successTrend: trendSchema.extend({ successRatePercent: number, totalExecutions: z.number() }),
      throughputTrend: trendSchema.extend({ rowsPerSecond: number }),
      validationTrend: trendSchema.extend(spread).optional(),
    }),
    missing,
  ])
  .openapi('Trends') satisfies z.ZodType<PerformanceTrends>

const qualityFigures = z.object({
  validRows: z.number(),
  invalidRows: z.number(),
  validatedSteps: z.number(),
  validationRate: number,
})

export const qualitySchema = z
  .discriminatedUnion('available', [
    available.extend({
      validRows: z.number(),
      invalidRows: z.number(),
      validatedSteps: z.number(),
      buckets: z.array(qualityFigures.extend({ at: instant })),
      invalidRowsTrend: trendSchema.extend({ invalidRowsPercent: number }),
      validationTrend: trendSchema.extend({ ...spread, weightedRatePercent: number }),
      worstSteps: z.array(qualityFigures.extend({ pipeline: z.string(), phase: z.string(), step: z.string() })),
    }),
    missing,
  ])
  .openapi('Quality') satisfies z.ZodType<QualityTrends>
