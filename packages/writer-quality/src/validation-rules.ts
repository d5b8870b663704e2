import { type ColumnDefinition, type LogColumnName, WriterConfigurationError } from '@forge/writer-core'
import { logRules } from './log-rules.ts'
import type { Rule } from './rule.ts'
import { expression } from './rules/expression.ts'

/** Rules, or SQL conditions by the column that they are about. */
export type ValidationRules =
  | readonly Rule[]
  | Readonly<Partial<Record<LogColumnName | (string & {}), readonly string[]>>>

/**
 * Returns the rules; if none are given, those of the log for the existing columns. Throws WriterConfigurationError for anything but rules or
 * conditions.
 */
export function rulesOf(given: ValidationRules | undefined, columns: readonly ColumnDefinition[]): readonly Rule[]
export function rulesOf(given: ValidationRules | undefined): readonly Rule[] | undefined
export function rulesOf(given: ValidationRules | undefined, columns?: readonly ColumnDefinition[]) {
  if (given === undefined) return columns && logRules({ columns })
  if (Array.isArray(given)) return given
  if (typeof given !== 'object' || given === null)
    throw configurationError('rules must be a list of rules, or conditions by column')
  return Object.entries(given).flatMap(([name, conditions]) => conditionsOf(name, conditions))
}

const MAX_RULES = 500

/** Throws WriterConfigurationError for anything but a list of rules. */
export function assertRuleList(rules: readonly Rule[]): void {
  if (!Array.isArray(rules) || !rules.every(isRule)) throw configurationError('rules must be a list of rules')
  if (rules.length > MAX_RULES)
    throw configurationError(`${rules.length} rules are too many: at most ${MAX_RULES} are judged together`)
}

function isRule(rule: unknown): boolean {
  if (typeof rule !== 'object' || rule === null) return false
  const { name, columns, check } = rule as Partial<Rule>
  return typeof name === 'string' && Array.isArray(columns) && typeof check === 'object' && check !== null
}

function conditionsOf(name: string, conditions: unknown): Rule[] {
  const isList = Array.isArray(conditions) && conditions.every((each) => typeof each === 'string')
  if (!isList)
    throw configurationError(
      `rules for ${name.slice(0, 100)} must be a list of conditions, such as ['${name.slice(0, 100)} >= 0']`,
    )
  return conditions.map((text: string) => {
    const rule = expression(text)
    return { ...rule, columns: [...new Set([name, ...rule.columns])] }
  })
}

function configurationError(message: string): WriterConfigurationError {
  return new WriterConfigurationError(message, {
    committed: 'no',
    suggestions: ['Create rules with rules.range(), rules.notNull() and so on, or with ruleFromSpec().'],
  })
}
