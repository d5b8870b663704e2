import type { z } from 'zod'
import type { WriterConfigurationError } from '../errors/kinds.ts'
import { type OptionProblem, optionError } from '../options/assert-options.ts'
import { schemaProblems } from '../options/schema-problems.ts'
import { configSchema, SETTING_NAMES } from './config-schema.ts'
import type { WriterConfig, WriterConfigInput } from './writer-config.ts'

/**
 * Validates settings, fills in defaults and freezes the result.
 * Throws WriterConfigurationError that lists every problem in `context.problems`.
 */
export function writerConfig(input: WriterConfigInput): WriterConfig {
  const parsed = configSchema.safeParse(input)
  if (!parsed.success) {
    const known = { names: SETTING_NAMES, what: 'setting', isSecret }
    throw settingsError(schemaProblems(parsed.error.issues, input, known))
  }
  const settings = Object.entries(parsed.data).filter(([, value]) => value !== undefined)
  return Object.freeze(Object.fromEntries(settings)) as unknown as WriterConfig
}

/** Creates the error that lists settings that are not valid. */
export function settingsError(problems: readonly OptionProblem[]): WriterConfigurationError {
  return optionError('invalid configuration', problems, [
    'Correct the settings named above; `forge-writer config` shows each value and its source.',
  ])
}

function isSecret({ path: [setting] }: z.core.$ZodIssue): boolean {
  // The address of a webhook is a secret: whoever knows it can use it.
  return setting === 'alerts'
}
