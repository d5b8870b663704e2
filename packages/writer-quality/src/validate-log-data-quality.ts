import type { LogRowInput, Predicate, QualityResult, TableSource } from '@forge/writer-core'
import { assertOptions, type OptionChecks, option, rowsAndOptions, settledSource } from '@forge/writer-core/storage'
import { judgeRules } from './judge/judge-rules.ts'
import { logRows } from './judge/log-rows.ts'
import { onlyRows } from './judge/only-rows.ts'
import { storedRows } from './judge/rows-to-judge.ts'
import { rulesOf, type ValidationRules } from './validation-rules.ts'

/** The options of {@link validateLogDataQuality} for given rows. */
export interface RowValidationOptions {
  /** The rules. Default: {@link logRules}. */
  readonly validationRules?: ValidationRules | undefined
  /** The table of the same schema whose stored rows are judged, or provide the history for rules that compare. Default: the configured table. */
  readonly table?: string | undefined
  /** Minimum share of rows that pass every rule of severity `error`, in percent. Default: the setting. */
  readonly minValidationRate?: number | undefined
  /** Maximum share of the other rows, in percent. Default: the setting. */
  readonly maxInvalidRowsPercent?: number | undefined
  /** Maximum number of failing rows in the result per rule, 0-1000. Default 10. */
  readonly maxExamples?: number | undefined
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The options of {@link validateLogDataQuality} for stored rows. */
export interface ValidationOptions extends RowValidationOptions {
  /** Judges only the stored rows that match. Default: all. */
  readonly where?: Predicate | undefined
}

/**
 * Judges the stored rows of the log. The storage computes the figures; only some failing rows are read.
 * Throws WriterConfigurationError for invalid rules and options, WriterSchemaError for columns that do not exist.
 *
 * @example
 * const { qualityPassed } = await validateLogDataQuality(writer, { where: eq('phase', 'gold') })
 */
export async function validateLogDataQuality(source: TableSource, options?: ValidationOptions): Promise<QualityResult>
/**
 * Judges rows before they are written. Without rows it judges the stored ones.
 * Throws WriterConfigurationError for invalid rules and options, WriterSchemaError for columns that do not exist, WriterValidationError for rows with
 * values of another type.
 *
 * @example
 * const { qualityPassed } = await validateLogDataQuality(writer, rows, {
 *   validationRules: { duration_secs: ['duration_secs >= 0 AND duration_secs <= 3600'] },
 * })
 */
export async function validateLogDataQuality(
  source: TableSource,
  rows: Iterable<LogRowInput> | undefined,
  options?: RowValidationOptions,
): Promise<QualityResult>
export async function validateLogDataQuality(
  given: TableSource,
  first?: Iterable<LogRowInput> | ValidationOptions,
  options?: ValidationOptions,
): Promise<QualityResult> {
  const source = settledSource(given)
  const { rows, options: settings } = rowsAndOptions('validateLogDataQuality', first, options)
  assertOptions('validateLogDataQuality', settings, OPTIONS, [
    rows !== undefined &&
      settings?.where !== undefined && { setting: 'where', problem: 'cannot be combined with rows' },
  ])
  const { validationRules, now = () => new Date(), maxExamples = 10, signal } = settings
  const at = now()
  const table = async () => storedRows(await source.table({ table: settings.table }), signal)
  const judged = rows
    ? logRows(rows, { config: source.config, now: at, signal })
    : onlyRows(await table(), settings.where)
  const { columns } = judged
  const { result } = await judgeRules(rulesOf(validationRules, columns), {
    rows: judged,
    history: rows && table,
    keys: [...source.config.mergeKeys, 'execution_id'],
    maxExamples,
    now: at,
    minValidationRate: settings.minValidationRate ?? source.config.minValidationRate,
    maxInvalidRowsPercent: settings.maxInvalidRowsPercent ?? source.config.maxInvalidRowsPercent,
  })
  return result
}

const OPTIONS: OptionChecks<ValidationOptions> = {
  validationRules: option.any,
  table: option.text,
  where: option.object,
  minValidationRate: option.number({ min: 0, max: 100 }),
  maxInvalidRowsPercent: option.number({ min: 0, max: 100 }),
  maxExamples: option.whole({ min: 0, max: 1000 }),
  now: option.clock,
  signal: option.signal,
}
