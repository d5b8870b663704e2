import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { identifierProblem } from '../column/identifier.ts'
import { SEVERITIES } from '../findings/severity.ts'
import { DEFAULT_MERGE_KEYS, WRITE_MODES } from '../log/columns.ts'
import { PLACEHOLDERS, unknownPlaceholders } from './table-name-pattern.ts'
import type { AlertSettings, RetentionSettings, ServiceLevelSettings, WriterConfig } from './writer-config.ts'

/** Freezes a list if it is valid. `readonly()` also freezes what is not a list, which is not ours, and for which the system may throw. */
function frozen<Item>(list: z.ZodType<Item[]>) {
  return list.transform((items): readonly Item[] => Object.freeze(items))
}

const identifier = z.string().superRefine((name, context) => {
  const problem = identifierProblem(name)
  if (problem) context.addIssue({ code: 'custom', message: problem })
})

const pattern = z.string().superRefine((text, context) => {
  const unknown = unknownPlaceholders(text)
  if (unknown.length === 0 && text.length > 0) return
  const message = unknown.length > 0 ? `unknown placeholder ${unknown.join(', ')}` : 'must not be empty'
  context.addIssue({ code: 'custom', message: `${message} (known: ${PLACEHOLDERS.join(' ')})` })
})

const percent = z.number().min(0).max(100)
const days = z.number().positive()
const columnList = frozen(z.array(identifier))

const retention = z.strictObject({
  keepDays: days,
  keepFailuresDays: days.optional(),
  pipelines: frozen(
    z.array(z.strictObject({ pipeline: z.string().min(1), keepDays: days, keepFailuresDays: days.optional() })),
  ).optional(),
})

const names = frozen(z.array(z.string().min(1)).min(1))

const alert = z.strictObject({
  kind: z.enum(['webhook', 'slack', 'teams', 'pagerduty', 'command', 'email']),
  to: z.string().min(1),
  on: frozen(z.array(z.enum(['anomaly', 'quality', 'failure', 'sla', 'lost', 'recovered']))).optional(),
  minSeverity: z.enum(SEVERITIES).optional(),
  secretEnv: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable')
    .optional(),
  quietHours: z
    .string()
    .regex(
      /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d( \S+)?$/,
      'must be like 22:00-07:00 or 22:00-07:00 Europe/Berlin',
    )
    .optional(),
  maxPerHour: z.int().min(1).optional(),
  after: z.int().min(1).optional(),
  pipelines: names.optional(),
  tags: names.optional(),
  owners: names.optional(),
  linkTemplate: z.string().min(1).optional(),
  apiUrl: z.string().min(1).optional(),
})

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM')

/** The settings of a service level; each service level needs at least one of them. */
const PROMISES = [
  'maxDurationSecs',
  'minDurationSecs',
  'maxRunsPerHour',
  'maxConcurrentRuns',
  'startBy',
  'dueTime',
  'minSuccessRatePercent',
] as const

const serviceLevel = z
  .strictObject({
    pipeline: z.string().min(1),
    maxDurationSecs: z.number().positive().optional(),
    minDurationSecs: z.number().positive().optional(),
    maxRunsPerHour: z.int().min(1).optional(),
    maxConcurrentRuns: z.int().min(1).optional(),
    startBy: timeOfDay.optional(),
    dueTime: timeOfDay.optional(),
    timeZone: z.string().min(1).optional(),
    dueDays: frozen(z.array(z.int().min(1).max(7)).min(1)).optional(),
    minSuccessRatePercent: percent.optional(),
    objectivePercent: percent.optional(),
  })
  .refine((level) => PROMISES.some((each) => level[each] !== undefined), `needs one of ${PROMISES.join(', ')}`)

/** The schema of all settings, with their limits and defaults. */
export const configSchema = z.strictObject({
  tableSchema: identifier,
  tableName: identifier,
  tableNamePattern: pattern.optional(),
  tableSuffixPattern: pattern.optional(),
  writeMode: z.enum(WRITE_MODES).default('append'),
  mergeKeys: frozen(z.array(identifier).min(1)).default([...DEFAULT_MERGE_KEYS]),
  batchSize: z.int().min(1).max(1_000_000).default(1000),
  maxFileSizeMb: z.number().min(1).max(16_384).default(128),
  parallelWriteThreads: z
    .int()
    .min(1)
    .max(256)
    .default(() => Math.min(4, availableParallelism())),
  memoryFraction: z.number().min(0.05).max(0.95).default(0.5),
  enableOptimization: z.boolean().optional(),
  logDataQualityResults: z.boolean().default(false),
  enableAnomalyDetection: z.boolean().default(false),
  minValidationRate: percent.optional(),
  maxInvalidRowsPercent: percent.optional(),
  enableSchemaEvolution: z.boolean().default(false),
  schemaValidationMode: z.enum(['strict', 'lenient']).default('strict'),
  autoOptimizeSchema: z.boolean().default(false),
  partitionColumns: columnList.default([]),
  clusterColumns: columnList.default([]),
  compression: z.enum(['zstd', 'snappy', 'gzip', 'lz4', 'uncompressed']).default('zstd'),
  maxRetries: z.int().min(0).max(100).default(3),
  retryDelaySecs: z.number().min(0).max(3600).default(0.2),
  retryExponentialBackoff: z.boolean().default(true),
  failFast: z.boolean().default(false),
  lockTimeoutMs: z.number().min(0).max(86_400_000).default(30_000),
  redact: frozen(z.array(z.string().min(1))).default([]),
  retention: (retention as unknown as z.ZodType<RetentionSettings>).optional(),
  alerts: (frozen(z.array(alert)) as unknown as z.ZodType<readonly AlertSettings[]>).optional(),
  serviceLevels: (frozen(z.array(serviceLevel)) as unknown as z.ZodType<readonly ServiceLevelSettings[]>).optional(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('silent'),
})

/** The names of all settings, in the documented order. */
export const SETTING_NAMES = Object.keys(configSchema.shape) as readonly (keyof WriterConfig)[]
