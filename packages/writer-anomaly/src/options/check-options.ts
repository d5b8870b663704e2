import {
  assertOptions,
  DAY_MS,
  type OptionCheck,
  type OptionChecks,
  type OptionProblems,
  option,
} from '@forge/writer-core/storage'
import { type AnomalyOptions, anomalyProblems } from './anomaly-options.ts'

/** A hundred years. */
const MAX_DAYS = 36_600

export const DAYS: OptionCheck = option.number({ above: 0, max: MAX_DAYS })
export const MILLISECONDS: OptionCheck = option.number({ min: 0, max: MAX_DAYS * DAY_MS })

/** The names of {@link AnomalyOptions}, whose values {@link anomalyProblems} checks. */
const NAMES: OptionChecks<AnomalyOptions> = {
  sensitivity: option.any,
  types: option.any,
  window: option.any,
  cooldown: option.any,
  timeZone: option.any,
  holidays: option.any,
  limits: option.any,
}

/**
 * Throws WriterConfigurationError that lists the options of a function that are unknown or not valid: those of all anomaly detection, those in `own`,
 * and the problems in `more`.
 */
export function assertDetectionOptions<Options extends AnomalyOptions>(
  what: string,
  options: Options,
  own: OptionChecks<Omit<Options, keyof AnomalyOptions>>,
  more: OptionProblems = [],
): void {
  const checks = { ...NAMES, ...own } as unknown as OptionChecks<Options>
  assertOptions(what, options, checks, [...anomalyProblems(options), ...more])
}
