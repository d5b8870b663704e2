import { type AnomalyType, type WriterConfigurationError, type ZoneClock, zoneClock } from '@forge/writer-core'
import { z } from 'zod'
import { invalidOptions } from '../check-options.ts'
import { ANOMALY_TYPES } from '../findings/anomaly-types.ts'
import { clockRules, type Offset } from './clock-rules.ts'

/** How detection judges. */
export interface AnomalyOptions {
  /** Above 1 finds more and errs more often, 0.25-4: what evidence an alarm needs is divided by it. Default 1. */
  readonly sensitivity?: number
  /** Kinds of findings to look for. Default all. */
  readonly types?: readonly AnomalyType[]
  /** What a baseline is made of: the values of the last days, and in spite of their age so many runs. Default 63 runs, 90 days. */
  readonly window?: { readonly runs?: number; readonly days?: number }
  /** Time and runs before the same kind of finding of the same step is told again; a graver one always is. Default 24 hours, 5 runs. */
  readonly cooldown?: { readonly hours?: number; readonly runs?: number }
  /**
   * Zone of hours, weekdays, months and holidays, such as `Europe/Berlin`: jobs follow the clocks of those who plan them. Default: `UTC`, with the
   * changes of clocks that each pipeline is seen to follow.
   */
  readonly timeZone?: string
  /** Days (`YYYY-MM-DD`, of the zone) on which durations, rows and missing runs are neither judged nor learned. Default none. */
  readonly holidays?: readonly string[]
  /** Seconds that steps may take; a trend says when it will get there. */
  readonly limits?: readonly { readonly pipeline: string; readonly step: string; readonly durationSecs: number }[]
}

/** Every option with its default. */
export interface ResolvedOptions {
  readonly sensitivity: number
  readonly types: ReadonlySet<AnomalyType>
  readonly window: { readonly runs: number; readonly days: number }
  readonly cooldown: { readonly hours: number; readonly runs: number }
  readonly timeZone: string
  readonly zone: ZoneClock
  /** The ways in which the clocks of a schedule may change. */
  readonly rules: readonly Offset[]
  readonly holidays: ReadonlySet<string>
  readonly limits: ReadonlyMap<string, number>
}

const positive = z.number().positive()

const optionsSchema = z.strictObject({
  sensitivity: z.number().min(0.25).max(4).default(1),
  types: z
    .array(z.enum(ANOMALY_TYPES))
    .readonly()
    .default([...ANOMALY_TYPES]),
  window: z
    .strictObject({ runs: z.int().min(20).max(2000).default(63), days: positive.max(3660).default(90) })
    .default({ runs: 63, days: 90 }),
  cooldown: z
    .strictObject({ hours: z.number().min(0).default(24), runs: z.int().min(0).default(5) })
    .default({ hours: 24, runs: 5 }),
  timeZone: z
    .string()
    .refine((name) => clockOf(name) !== undefined, 'is not in the time zone database')
    .default('UTC'),
  holidays: z.array(z.iso.date()).readonly().default([]),
  limits: z
    .array(z.strictObject({ pipeline: z.string(), step: z.string(), durationSecs: positive }))
    .readonly()
    .default([]),
})

/** Checks options and fills in defaults. Throws WriterConfigurationError naming every problem. */
export function resolveOptions(options: AnomalyOptions = {}): ResolvedOptions {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) throw optionsError(parsed.error.issues)
  const { types, holidays, limits, ...rest } = parsed.data
  const zone = clockOf(rest.timeZone) ?? UTC
  return {
    ...rest,
    zone,
    // Who gives a zone, be it UTC, need not have it guessed.
    rules: clockRules(options.timeZone === undefined ? undefined : zone),
    types: new Set(types),
    holidays: new Set(holidays),
    limits: new Map(limits.map(({ pipeline, step, durationSecs }) => [`${pipeline}\0${step}`, durationSecs])),
  }
}

const UTC: ZoneClock = { localMs: (timeMs) => timeMs, instantOf: (timeMs) => timeMs }
// To make one takes milliseconds, and each remembers the offsets that it has looked up.
const clocks = new Map([['UTC', UTC]])

function clockOf(name: string): ZoneClock | undefined {
  const known = clocks.get(name)
  if (known) return known
  try {
    const made = zoneClock(name)
    clocks.set(name, made)
    return made
  } catch {
    return undefined
  }
}

/** One error for all issues of a schema. */
function optionsError(issues: readonly z.core.$ZodIssue[]): WriterConfigurationError {
  return invalidOptions(issues.map((issue) => ({ setting: issue.path.join('.') || 'options', problem: issue.message })))
}
