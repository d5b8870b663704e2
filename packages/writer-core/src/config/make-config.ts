import type { z } from 'zod'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { nearestNames } from '../errors/nearest-names.ts'
import { configSchema, SETTING_NAMES } from './config-schema.ts'
import type { WriterConfig, WriterConfigInput } from './writer-config.ts'

export interface ConfigProblem {
  /** Dotted path of the setting, such as `retention.keepDays`. */
  readonly setting: string
  readonly problem: string
  /** The value as text; left out if it could be a secret. */
  readonly value?: string
}

/**
 * Validates settings, fills in defaults and freezes the result.
 * Throws WriterConfigurationError that lists every problem in `context.problems`.
 */
export function writerConfig(input: WriterConfigInput): WriterConfig {
  const parsed = configSchema.safeParse(input)
  if (!parsed.success) throw configurationError(parsed.error.issues, input)
  const settings = Object.entries(parsed.data).filter(([, value]) => value !== undefined)
  return Object.freeze(Object.fromEntries(settings)) as unknown as WriterConfig
}

/** Creates one error that lists every problem. */
export function listedProblems(problems: readonly ConfigProblem[]): WriterConfigurationError {
  const text = problems.map(({ setting, problem }) => `${setting} ${problem}`).join('; ')
  return new WriterConfigurationError(`invalid configuration: ${text}`, {
    context: { problems },
    suggestions: ['Correct the settings named above; `forge-writer config` shows each value and its source.'],
    committed: 'no',
  })
}

function configurationError(issues: readonly z.core.$ZodIssue[], input: unknown): WriterConfigurationError {
  return listedProblems(issues.flatMap((issue) => toProblems(issue, input)))
}

function toProblems(issue: z.core.$ZodIssue, input: unknown): ConfigProblem[] {
  const prefix = issue.path.length > 0 ? `${issue.path.join('.')}.` : ''
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ setting: prefix + key, problem: `is not a setting${nearest(key)}` }))
  }
  const setting = issue.path.join('.') || 'configuration'
  const value = issue.path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    input,
  )
  if (value === undefined) return [{ setting, problem: 'is required' }]
  // The address of a webhook is a secret: whoever knows it can use it.
  if (issue.path[0] === 'alerts') return [{ setting, problem: issue.message }]
  return [{ setting, problem: issue.message, value: String(JSON.stringify(value)).slice(0, 100) }]
}

function nearest(key: string): string {
  const plain = (name: string) => name.replaceAll(/[^a-z]/gi, '').toLowerCase()
  const match = SETTING_NAMES.find((name) => plain(name) === plain(key)) ?? nearestNames(key, SETTING_NAMES)[0]
  return match ? ` (did you mean ${match}?)` : ''
}
