export { defineRule, type RuleDefinition, rules } from './define-rule.ts'
export type { Reason as QuarantineReason } from './gate/failing-rows.ts'
export { listQuarantine, type QuarantinedRow, type QuarantineQuery } from './gate/list-quarantine.ts'
export { QUALITY_COLUMNS } from './gate/quality-columns.ts'
export { type GatePolicy, type QualityGateOptions, qualityGate } from './gate/quality-gate.ts'
export { QUARANTINE_COLUMNS } from './gate/quarantine-columns.ts'
export { type ReleaseOptions, type ReleaseResult, releaseQuarantine } from './gate/release-quarantine.ts'
export { logRules } from './log-rules.ts'
export type { ColumnProfile, LengthFigures, NumberFigures, Quantiles, TopValue } from './profile/column-profile.ts'
export { type LogProfile, type ProfileOptions, profileLog } from './profile/profile-log.ts'
export type {
  RowCheck,
  RowRuleOptions,
  Rule,
  RuleOptions,
  Severity,
  TableCheck,
  TableContext,
  TableVerdict,
} from './rule.ts'
export { loadRuleFile } from './rule-file/load-rule-file.ts'
export { parseRuleFile, type RuleFileFormat } from './rule-file/parse-rule-file.ts'
export { type RuleSpec, ruleFromSpec } from './rule-from-spec.ts'
export type { RuleKind } from './rule-kind.ts'
export { type ChangeOptions, change } from './rules/change.ts'
export { type CompareOptions, compareColumns } from './rules/compare-columns.ts'
export { type CompletenessOptions, completeness } from './rules/completeness.ts'
export { type ExpectedStepsOptions, expectedSteps } from './rules/expected-steps.ts'
export { expression } from './rules/expression.ts'
export type { FigureOptions } from './rules/figure.ts'
export { type FreshnessOptions, freshness } from './rules/freshness.ts'
export { type LengthOptions, length } from './rules/length.ts'
export { type MatchesOptions, matches } from './rules/matches.ts'
export { mean } from './rules/mean.ts'
export { notNull } from './rules/not-null.ts'
export { type OneOfOptions, oneOf } from './rules/one-of.ts'
export { type QuantileOptions, quantile } from './rules/quantile.ts'
export { type RangeOptions, range } from './rules/range.ts'
export { RULE_KINDS } from './rules/registry.ts'
export { type RowCountOptions, rowCount } from './rules/row-count.ts'
export { sum } from './rules/sum.ts'
export { type TypeOptions, type, type ValueType } from './rules/type.ts'
export { unique } from './rules/unique.ts'
export { type SuggestedRule, type SuggestedRules, type SuggestOptions, suggestRules } from './suggest/suggest-rules.ts'
export { type ValidationOptions, validateLogDataQuality } from './validate-log-data-quality.ts'
export type { ValidationRules } from './validation-rules.ts'
