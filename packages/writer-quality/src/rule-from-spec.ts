import type { Rule } from './rule.ts'
import { wrongRule } from './rule-kind.ts'
import { RULE_KINDS } from './rules/registry.ts'

/** A rule as data, as in a rule file: `{ rule: 'range', column: 'duration_secs', min: 0, severity: 'warning' }`. */
export interface RuleSpec {
  /** The kind, one of {@link RULE_KINDS}. */
  readonly rule: string
  /** The options of the rule; `where` and `expression` are SQL conditions as text. */
  readonly [option: string]: unknown
}

/** Creates the rule that the data describes. Throws WriterConfigurationError that lists every invalid option, and for an unknown kind. */
export function ruleFromSpec(spec: RuleSpec): Rule {
  if (typeof spec !== 'object' || spec === null)
    throw wrongRule('of a rule file', [{ setting: 'rule', problem: 'must be an object' }])
  const { rule, ...options } = spec
  const kind = RULE_KINDS.get(rule)
  if (kind) return kind.make(options)
  const kinds = [...RULE_KINDS.keys()].join(', ')
  throw wrongRule(String(rule).slice(0, 100), [
    { setting: 'rule', problem: `is not a kind of rule; there are ${kinds}` },
  ])
}
