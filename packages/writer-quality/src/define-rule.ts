import type { LogColumnName } from '@forge/writer-core'
import { predicateColumns } from '@forge/writer-core/storage'
import { z } from 'zod'
import { predicateSchema } from './predicate-schema.ts'
import type { RowCheck, RowRuleOptions, Rule, TableCheck } from './rule.ts'
import { MOSTLY, ruleKind } from './rule-kind.ts'

export interface RuleDefinition<Column extends string> extends RowRuleOptions {
  readonly name: string
  /** The columns of the rule. Default: those of the predicate of the check; a check on the table names them. */
  readonly columns?: readonly Column[] | undefined
  readonly check: RowCheck | TableCheck
}

/**
 * Creates a rule of your own. Throws WriterConfigurationError that lists every invalid option.
 *
 * @example
 * defineRule({ name: 'paid', check: { kind: 'row', passes: gt('rows_written', 0), applies: eq('success', true) } })
 */
export function defineRule<const Column extends string = string>(definition: RuleDefinition<Column>): Rule<Column> {
  return CUSTOM.make(definition)
}

/** Returns the rules, and lets them name only columns of the log; `defineRules<LogColumnName | 'team'>(...)` lets them name others. */
export function defineRules<Column extends string = LogColumnName>(
  ...list: readonly Rule<NoInfer<Column>>[]
): readonly Rule<Column>[] {
  return list
}

const check = z.custom<RowCheck | TableCheck>((value) => {
  if (typeof value !== 'object' || value === null) return false
  const isTable = 'kind' in value && value.kind === 'table'
  // Each part is checked before it is trusted.
  return isTable ? isTableCheck(value as Partial<TableCheck>) : isRowCheck(value as Partial<RowCheck>)
}, 'must be a check of a row (passes, applies) or of a table (measures, judge)')

function isTableCheck({ measures, judge }: Partial<TableCheck>): boolean {
  return (Array.isArray(measures) || typeof measures === 'function') && typeof judge === 'function'
}

function isRowCheck({ kind, passes, applies }: Partial<RowCheck>): boolean {
  const isPredicate = (value: unknown) => typeof value !== 'string' && predicateSchema.safeParse(value).success
  return (
    kind === 'row' &&
    (typeof passes === 'function' || isPredicate(passes)) &&
    (applies === undefined || isPredicate(applies))
  )
}

const CUSTOM = ruleKind('custom', {
  options: { columns: z.array(z.string().min(1)).optional(), check, ...MOSTLY },
  make: (options) => {
    const columns = options.columns ?? columnsOf(options.check)
    return { columns, check: options.check, description: `judges ${columns.join(', ') || 'the rows'}` }
  },
})

function columnsOf(given: RowCheck | TableCheck): string[] {
  if (given.kind === 'table' || typeof given.passes === 'function') return []
  return [...new Set([given.passes, ...(given.applies ? [given.applies] : [])].flatMap(predicateColumns))]
}
