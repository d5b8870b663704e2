import { and, type ColumnDefinition, type Measure, not, type Predicate, WriterSchemaError } from '@forge/writer-core'
import { assertPredicate, findColumn, nearestNames, predicateColumns } from '@forge/writer-core/storage'
import type { MeasureContext, RowCheck, Rule, TableCheck } from '../rule.ts'
import { assertRuleList } from '../validation-rules.ts'
import { isUnknownForNull } from './null-strict.ts'

/** A rule bound to the columns of the rows. */
export type BoundRule = BoundRowRule | BoundTableRule

export interface BoundRowRule {
  readonly kind: 'row'
  readonly rule: Rule
  /** The condition of the rows that the rule judges. */
  readonly judged: Predicate
  /** The condition of the failing rows. */
  readonly fails: Predicate
}

export interface BoundTableRule {
  readonly kind: 'table'
  readonly rule: Rule
  readonly check: BoundTableCheck
}

/** A check whose measures are known. */
export interface BoundTableCheck extends TableCheck {
  readonly measures: readonly Measure[]
}

/**
 * Checks the rules against the columns, and gives each a unique name. Throws WriterSchemaError for columns that do not exist or cannot be compared in
 * this way, WriterConfigurationError for anything but a list of rules.
 */
export function bindRules(rules: readonly Rule[], { columns, now }: MeasureContext): BoundRule[] {
  assertRuleList(rules)
  assertColumns(rules, columns)
  const names = new Map<string, number>()
  return rules.map((given) => {
    const count = (names.get(given.name) ?? 0) + 1
    names.set(given.name, count)
    const rule = count === 1 ? given : { ...given, name: `${given.name} (${count})` }
    if (rule.where) assertPredicate(rule.where, columns)
    if (rule.check.kind === 'row') return boundRow(rule, rule.check, columns)
    const { measures } = rule.check
    const known = typeof measures === 'function' ? measures({ columns, now }) : measures
    return { kind: 'table', rule, check: { ...rule.check, measures: known } }
  })
}

export function isRowRule(bound: BoundRule): bound is BoundRowRule {
  return bound.kind === 'row'
}

function boundRow(rule: Rule, { passes, applies }: RowCheck, columns: readonly ColumnDefinition[]): BoundRowRule {
  const condition = typeof passes === 'function' ? passes(columns) : passes
  const where = rule.where ? [rule.where] : []
  const conditions = applies ? conjuncts(applies) : []
  const judged = and(...where, ...conditions)
  const asked = conditions.filter((each) => !isNotNullFor(each, condition))
  const fails = and(...where, ...asked, not(condition))
  assertPredicate(and(judged, condition), columns)
  return { kind: 'row', rule, judged, fails }
}

function conjuncts(predicate: Predicate): readonly Predicate[] {
  return predicate.op === 'and' ? predicate.args.flatMap(conjuncts) : [predicate]
}

/** Returns whether the predicate only excludes the nulls of a column for which the condition is unknown anyway. */
function isNotNullFor(predicate: Predicate, condition: Predicate): boolean {
  const column = notNullColumn(predicate)
  return column !== undefined && isUnknownForNull(condition, column)
}

/** Returns the column if the predicate only requires that it is not null. */
export function notNullColumn(predicate: Predicate): string | undefined {
  if (predicate.op !== 'not' || predicate.arg.op !== 'isNull') return undefined
  return predicate.arg.value.kind === 'column' ? predicate.arg.value.name : undefined
}

function assertColumns(rules: readonly Rule[], columns: readonly ColumnDefinition[]): void {
  const missing = rules.flatMap(({ name: rule, columns: used, where }) => {
    const names = [...used, ...(where ? predicateColumns(where) : [])]
    return names.filter((name) => !findColumn(name, columns)).map((name) => ({ rule, column: name }))
  })
  if (missing.length === 0) return
  const known = columns.map(({ name }) => name)
  const named = missing.slice(0, 10).map(({ rule, column }) => `${column} of rule ${rule}`)
  const likely = [...new Set(missing.map(({ column }) => column))].slice(0, 10).flatMap((column) => {
    const near = nearestNames(column, known)
    return near.length > 0 ? [`Did you mean ${near.join(', ')} instead of ${column}?`] : []
  })
  throw new WriterSchemaError(`columns not found: ${named.join(', ')} (the rows have: ${known.join(', ')})`, {
    committed: 'no',
    context: { missing: missing.slice(0, 100), columns: known },
    suggestions: likely,
  })
}
