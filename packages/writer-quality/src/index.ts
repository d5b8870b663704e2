import * as rules from './rules/index.ts'

export { defineRule, defineRules, type RuleDefinition } from './define-rule.ts'
export type { Reason as QuarantineReason } from './gate/failing-rows.ts'
export { listQuarantine, type QuarantinedRow, type QuarantineQuery } from './gate/list-quarantine.ts'
export { type GatePolicy, QUALITY_COLUMNS } from './gate/quality-columns.ts'
export { type QualityGateOptions, qualityGate } from './gate/quality-gate.ts'
export { QUARANTINE_COLUMNS } from './gate/quarantine-columns.ts'
export {
  type QuarantinedStep,
  type QuarantineFigures,
  type RuleRecord,
  readVerdicts,
  type StoredVerdict,
  type VerdictOptions,
  type VerdictReport,
} from './gate/read-verdicts.ts'
export { type ReleaseOptions, type ReleaseResult, releaseQuarantine } from './gate/release-quarantine.ts'
export { logRules } from './log-rules.ts'
export type { ColumnProfile, LengthFigures, NumberFigures, Quantiles, TopValue } from './profile/column-profile.ts'
export { type LogProfile, type ProfileOptions, profileLog } from './profile/profile-log.ts'
export type {
  RowCheck,
  RowRuleOptions,
  Rule,
  RuleOptions,
  TableCheck,
  TableContext,
  TableVerdict,
} from './rule.ts'
export { loadRuleFile } from './rule-file/load-rule-file.ts'
export { parseRuleFile, type RuleFileFormat } from './rule-file/parse-rule-file.ts'
export { type RuleSpec, ruleFromSpec } from './rule-from-spec.ts'
export type { RuleKind } from './rule-kind.ts'
export { RULE_KINDS } from './rules/registry.ts'
export type { SuggestedRule } from './suggest/candidate.ts'
export { type SuggestedRules, type SuggestOptions, suggestRules } from './suggest/suggest-rules.ts'
export {
  type RowValidationOptions,
  type ValidationOptions,
  validateLogDataQuality,
} from './validate-log-data-quality.ts'
export type { ValidationRules } from './validation-rules.ts'
export { rules }
