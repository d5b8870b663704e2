import { ANOMALY_TYPES, type AnomalyType } from '@forge/writer-core'
import {
  DAY_MS,
  type OptionProblem,
  optionError,
  schemaProblems,
  type ZoneClock,
  zoneClock,
} from '@forge/writer-core/storage'
import { z } from 'zod'
import { clockRules, type Offset } from '../baseline/clock-rules.ts'

/** The options of detection. */
export interface AnomalyOptions {
  /** The factor by which the evidence that an alarm needs is divided, 0.25-4: higher values find more and raise more false alarms. Default 1. */
  readonly sensitivity?: number | undefined
  /** The types of anomalies to look for. Default: all. */
  readonly types?: readonly AnomalyType[] | undefined
  /**
   * The values that a baseline is computed from: those of the last `days`, and at least `runs` runs regardless of their age. Default 63 runs, 90
   * days.
   */
  readonly window?: { readonly runs?: number | undefined; readonly days?: number | undefined } | undefined
  /**
   * The milliseconds and the runs that must both pass before the same kind of anomaly of the same step is reported again; a more severe one always
   * is. Default 86400000 (a day), 5 runs.
   */
  readonly cooldown?: { readonly ms?: number | undefined; readonly runs?: number | undefined } | undefined
  /**
   * The time zone of hours, weekdays, months and holidays, such as `Europe/Berlin`: jobs follow the clocks of the people who plan them. Default:
   * `UTC`, with the changes of clocks that each pipeline is observed to follow.
   */
  readonly timeZone?: string | undefined
  /** The days (`YYYY-MM-DD`, in the time zone) on which durations, rows and missing runs are neither judged nor learned. Default none. */
  readonly holidays?: readonly string[] | undefined
  /** The maximum duration of steps, in seconds; a trend predicts when it will be reached. Default none. */
  readonly limits?:
    | readonly { readonly pipeline: string; readonly step: string; readonly durationSecs: number }[]
    | undefined
}

/** All options with their defaults. */
export interface ResolvedOptions {
  readonly sensitivity: number
  readonly types: ReadonlySet<AnomalyType>
  readonly window: { readonly runs: number; readonly days: number }
  readonly cooldown: { readonly ms: number; readonly runs: number }
  readonly timeZone: string
  readonly zone: ZoneClock
  /** The possible changes of clocks of a schedule. */
  readonly rules: readonly Offset[]
  readonly holidays: ReadonlySet<string>
  readonly limits: ReadonlyMap<string, number>
}

const positive = z.number().positive()

const optionsSchema = z.strictObject({
  sensitivity: z.number().min(0.25).max(4).default(1),
  types: z.array(z.enum(ANOMALY_TYPES)).default([...ANOMALY_TYPES]),
  window: z
    .strictObject({ runs: z.int().min(20).max(2000).default(63), days: positive.max(3660).default(90) })
    .default({ runs: 63, days: 90 }),
  cooldown: z
    .strictObject({ ms: z.number().min(0).default(DAY_MS), runs: z.int().min(0).default(5) })
    .default({ ms: DAY_MS, runs: 5 }),
  timeZone: z
    .string()
    .refine((name) => clockOf(name) !== undefined, 'is not in the time zone database')
    .default('UTC'),
  holidays: z.array(z.iso.date()).default([]),
  limits: z.array(z.strictObject({ pipeline: z.string(), step: z.string(), durationSecs: positive })).default([]),
})

const KNOWN = { names: Object.keys(optionsSchema.shape) }

/** Returns the problems of the options of all anomaly detection among the options of a function. */
export function anomalyProblems(options: AnomalyOptions): OptionProblem[] {
  if (typeof options !== 'object' || options === null) return []
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => KNOWN.names.includes(name)))
  const parsed = optionsSchema.safeParse(own)
  return parsed.success ? [] : schemaProblems(parsed.error.issues, own, KNOWN)
}

/** Checks options and fills in defaults. Throws WriterConfigurationError that lists all problems. */
export function resolveOptions(options: AnomalyOptions = {}): ResolvedOptions {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) throw optionError('anomaly detection', schemaProblems(parsed.error.issues, options, KNOWN))
  const { types, holidays, limits, ...rest } = parsed.data
  const zone = clockOf(rest.timeZone) ?? UTC
  return {
    ...rest,
    zone,
    // A given zone, even UTC, need not be guessed.
    rules: clockRules(options.timeZone === undefined ? undefined : zone),
    types: new Set(types),
    holidays: new Set(holidays),
    limits: new Map(limits.map(({ pipeline, step, durationSecs }) => [`${pipeline}\0${step}`, durationSecs])),
  }
}

const UTC: ZoneClock = { localMs: (timeMs) => timeMs, instantOf: (timeMs) => timeMs }
// Creating a clock takes milliseconds, and each remembers the offsets that it has looked up.
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
