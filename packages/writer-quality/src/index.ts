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
