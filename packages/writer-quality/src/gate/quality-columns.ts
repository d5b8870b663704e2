import {
  batchFromRows,
  type ColumnDefinition,
  type LogBatch,
  type QualityResult,
  type WriteContext,
} from '@forge/writer-core'

/** The policies of a gate, as they are stored in `<table>_quality`. */
export const POLICIES = ['fail', 'quarantine', 'warn'] as const
export type GatePolicy = (typeof POLICIES)[number]

const text = (name: string, description: string, nullable = false): ColumnDefinition => {
  return { name, type: 'string', nullable, description }
}
const count = (name: string, description: string): ColumnDefinition => {
  return { name, type: 'int64', nullable: false, description }
}
const share = (name: string, unit: string, description: string, nullable = false): ColumnDefinition => {
  return { name, type: 'double', nullable, unit, description }
}

/** The columns of `<table>_quality`, which has for each write one row for the whole and one for each rule. */
export const QUALITY_COLUMNS: readonly ColumnDefinition[] = [
  { name: 'judged_at', type: 'timestamp', nullable: false, unit: 'UTC', description: 'When the rows were judged.' },
  text('batch_id', 'The write whose rows were judged.'),
  text('run_id', 'Run id of the write.', true),
  text('table_fqn', 'Table that was written to.'),
  text('policy', 'fail, quarantine or warn.'),
  text('scope', 'write for the whole, rule for one rule.'),
  text('rule', 'Name of the rule; null for the whole.', true),
  text('severity', 'warning or error; null for the whole.', true),
  text('description', 'What the rule expects.', true),
  { name: 'passed', type: 'boolean', nullable: false, description: 'Whether the rule, or the whole, holds.' },
  { name: 'stopped', type: 'boolean', nullable: false, description: 'Whether the write was stopped.' },
  count('checked_rows', 'Rows that were judged.'),
  count('failing_rows', 'Rows that failed; for the whole those that failed a rule of severity error.'),
  share('failing_share', '0-1', 'failing_rows of checked_rows.'),
  text('observed', 'Figure of a rule on all rows together, as text.', true),
  share('validation_rate', 'percent', 'Share of valid rows; only for the whole.', true),
  { name: 'threshold_met', type: 'boolean', nullable: true, description: 'Only for the whole.' },
  share('score_percent', 'percent', 'Mean of the pass rates of all rules; only for the whole.', true),
  text('verdict', 'passed, failed or notJudged, if there was nothing to judge.', true),
]

interface Verdict {
  readonly result: QualityResult
  readonly policy: GatePolicy
  readonly stopped: boolean
}

/** Returns the rows that store a verdict. They contain no values of the judged rows. */
export function verdictBatch({ result, policy, stopped }: Verdict, context: WriteContext): LogBatch {
  const { schema, name } = context.tableRef
  const shared = {
    judged_at: context.now(),
    batch_id: context.batchId,
    run_id: context.runId || null,
    table_fqn: `${schema}.${name}`,
    policy,
    stopped,
  }
  const checked = result.validRows + result.invalidRows
  const whole = {
    ...shared,
    scope: 'write',
    passed: result.qualityPassed,
    checked_rows: checked,
    failing_rows: result.invalidRows,
    failing_share: checked === 0 ? 0 : result.invalidRows / checked,
    validation_rate: result.validationRate,
    threshold_met: result.thresholdMet,
    score_percent: result.scorePercent,
    verdict: result.verdict,
  }
  const rules = result.outcomes.map((outcome) => ({
    ...shared,
    scope: 'rule',
    rule: outcome.rule,
    severity: outcome.severity,
    description: outcome.description,
    passed: outcome.passed,
    verdict: outcome.verdict,
    checked_rows: outcome.checkedRows,
    failing_rows: outcome.failingRows,
    failing_share: outcome.failingShare,
    observed: outcome.observed === undefined || outcome.observed === null ? null : String(outcome.observed),
  }))
  return batchFromRows(QUALITY_COLUMNS, [whole, ...rules])
}
