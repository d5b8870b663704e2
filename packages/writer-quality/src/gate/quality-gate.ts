import {
  type BeforeWriteResult,
  type DivertedRows,
  type LogBatch,
  type QualityResult,
  type WriteContext,
  type WriteHook,
  WriterDataQualityError,
} from '@forge/writer-core'
import { assertOptions, HOOK_SETTINGS, type OptionChecks, option, takeRows } from '@forge/writer-core/storage'
import type { BoundRule } from '../judge/bind-rules.ts'
import { judgeRules } from '../judge/judge-rules.ts'
import { rowsInMemory, storedRows } from '../judge/rows-to-judge.ts'
import { assertRuleList, rulesOf, type ValidationRules } from '../validation-rules.ts'
import { failingRows } from './failing-rows.ts'
import { type GatePolicy, POLICIES, QUALITY_COLUMNS, verdictBatch } from './quality-columns.ts'
import { QUARANTINE_COLUMNS, quarantineBatch } from './quarantine-columns.ts'

export interface QualityGateOptions {
  /** The rules. Default: those of the log itself, `logRules()`. */
  readonly rules?: ValidationRules | undefined
  /**
   * - `fail` (default): if the verdict is bad, nothing is written and WriterDataQualityError is thrown - `quarantine`: rows that fail a rule of
   * severity `error` go to `<table>_quarantine` with their reasons, the others are written; a failing rule that cannot name the failing rows stops
   * the write, as `fail` does - `warn`: all rows are written
   */
  readonly policy?: GatePolicy | undefined
  /** The suffix of the quarantine table. Default `quarantine`. */
  readonly quarantine?: string | undefined
  /** The maximum number of failing rows in the result per rule, 0-1000. Default 10. */
  readonly maxExamples?: number | undefined
}

/**
 * Creates the hook that judges each write before it is stored. The verdict is in the result of the write and, unless it stopped the write, emitted as
 * a `quality` event. The hook implements the settings `minValidationRate` and `maxInvalidRowsPercent`. With `logDataQualityResults` it stores every
 * verdict in `<table>_quality`, together with the rows. Throws WriterConfigurationError for wrong options.
 *
 * @example
 * const writer = await createLogWriter({ storage, config, hooks: [qualityGate({ rules, policy: 'quarantine' })] })
 */
export function qualityGate(options: QualityGateOptions = {}): WriteHook {
  assertOptions('qualityGate', options, OPTIONS)
  const { policy = 'fail', quarantine = 'quarantine', maxExamples = 10 } = options
  const rules = rulesOf(options.rules)
  if (rules) assertRuleList(rules)
  return {
    name: 'quality-gate',
    provides: HOOK_SETTINGS.quality,
    async beforeWrite(batch, context) {
      if (batch.rowCount === 0) return undefined
      const { result, bound } = await judge(batch, context)
      const gate = { result, bound, policy, quarantine }
      if (isStopped(gate)) {
        await keepStopped(gate, context)
        throw stoppedError(result, context)
      }
      const { schema, name } = context.tableRef
      context.emit({ type: 'quality', tableFqn: `${schema}.${name}`, result })
      const kept = context.config.logDataQualityResults ? [divertVerdict(gate, context)] : []
      return policy === 'quarantine' ? holdBackFailing(gate, kept, batch, context) : { quality: result, divert: kept }
    },
  }

  function judge(batch: LogBatch, context: WriteContext) {
    const { config } = context
    return judgeRules(rules ?? rulesOf(undefined, batch.columns), {
      rows: rowsInMemory(batch),
      history: async () => storedRows(await context.table()),
      keys: [...config.mergeKeys, 'execution_id'],
      maxExamples,
      now: context.now(),
      minValidationRate: config.minValidationRate,
      maxInvalidRowsPercent: config.maxInvalidRowsPercent,
    })
  }
}

interface Judged {
  readonly result: QualityResult
  readonly bound: readonly BoundRule[]
  readonly policy: GatePolicy
  readonly quarantine: string
}

function isStopped({ result, bound, policy }: Judged): boolean {
  if (policy === 'warn') return false
  if (policy === 'fail') return !result.qualityPassed
  return result.outcomes.some(({ passed }, at) => {
    const each = bound[at]
    return !passed && each?.kind === 'table' && each.rule.severity === 'error' && !each.check.failingRows
  })
}

function holdBackFailing(
  gate: Judged,
  kept: readonly DivertedRows[],
  batch: LogBatch,
  context: WriteContext,
): BeforeWriteResult {
  const failing = failingRows(gate.bound, batch)
  if (failing.length === 0) return { quality: gate.result, divert: kept }
  const held = new Set(failing.map(({ row }) => row))
  const good: number[] = []
  for (let row = 0; row < batch.rowCount; row++) if (!held.has(row)) good.push(row)
  const rows = quarantineBatch(batch, failing, context)
  return {
    quality: gate.result,
    batch: takeRows(batch, good),
    divert: [{ companion: gate.quarantine, columns: QUARANTINE_COLUMNS, batch: rows }, ...kept],
  }
}

function divertVerdict({ result, policy }: Judged, context: WriteContext): DivertedRows {
  const batch = verdictBatch({ result, policy, stopped: false }, context)
  return { companion: 'quality', columns: QUALITY_COLUMNS, batch }
}

/** Stores the verdict of a stopped write. If this fails, the error must not hide the verdict. */
async function keepStopped({ result, policy }: Judged, context: WriteContext): Promise<void> {
  if (!context.config.logDataQualityResults) return
  try {
    const table = await context.companion('quality', QUALITY_COLUMNS)
    const batch = verdictBatch({ result, policy, stopped: true }, context)
    // The same batch may be written again with corrected rows, and has another verdict then.
    await table.append(batch, { batchId: `${context.batchId}:quality:stopped:${context.now().toISOString()}` })
  } catch (error) {
    context.logger.error({ error }, 'the verdict of a stopped write could not be stored')
    context.emit({ type: 'hookFailed', hook: 'quality-gate', error })
  }
}

const MAX_NAMED = 10

function stoppedError(result: QualityResult, { tableRef, config }: WriteContext): WriterDataQualityError {
  const { failures, invalidRows, validRows, validationRate, thresholdMet } = result
  const named = failures
    .slice(0, MAX_NAMED)
    .map(({ rule, failingRows: failing, checkedRows }) => `${rule} (${failing} of ${checkedRows})`)
  const broken = named.length > 0 ? `; failing rules: ${named.join(', ')}` : ''
  const rate = `${invalidRows} of ${validRows + invalidRows} rows for ${tableRef.schema}.${tableRef.name} are invalid`
  return new WriterDataQualityError(`the quality gate stopped the write: ${rate}${broken}`, {
    committed: 'no',
    context: {
      validationRate,
      validRows,
      invalidRows,
      thresholdMet,
      minValidationRate: config.minValidationRate,
      maxInvalidRowsPercent: config.maxInvalidRowsPercent,
      failures: failures.map(({ rule, severity, failingRows: failing, checkedRows }) => {
        return { rule, severity, failingRows: failing, checkedRows }
      }),
    },
    suggestions: [
      'Correct the rows; validateLogDataQuality(writer, rows) shows which ones fail.',
      "Use the policy 'quarantine' to hold back only the rows that fail.",
    ],
  })
}

const OPTIONS: OptionChecks<QualityGateOptions> = {
  rules: option.any,
  policy: option.oneOf(POLICIES),
  // `<table>_quality` is the table of the verdicts.
  quarantine: option.pattern(/^(?!quality$)[a-z][a-z0-9_]{0,50}$/, 'the suffix of a table, such as quarantine'),
  maxExamples: option.whole({ min: 0, max: 1000 }),
}
