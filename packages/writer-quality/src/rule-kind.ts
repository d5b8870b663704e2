import type { Predicate, RuleSeverity, WriterConfigurationError } from '@forge/writer-core'
import { type OptionProblem, optionError, schemaProblems } from '@forge/writer-core/storage'
import { z } from 'zod'
import { predicateSchema } from './predicate-schema.ts'
import type { RowCheck, Rule, TableCheck } from './rule.ts'

/** A kind of rule: its options, and how it is created. */
export interface RuleKind {
  readonly kind: string
  /** The options that a rule file may set for such a rule, in addition to `rule: <kind>`. */
  readonly options: z.ZodType
  /** Creates a rule from options, and from those that are arguments of their own. Throws WriterConfigurationError that lists every invalid option. */
  make<Column extends string = string>(options: unknown, own?: object): Rule<Column>
}

/** The parts of a rule that a kind creates from its options. */
export interface RuleParts {
  readonly columns: readonly string[]
  readonly check: RowCheck | TableCheck
  readonly description: string
  /** The name of the rule. Default: the kind and its columns. */
  readonly name?: string | undefined
}

interface KindDefinition<Shape extends z.core.$ZodLooseShape> {
  readonly options: Shape
  /** Returns the problem of options that are valid one by one. */
  readonly problem?: (options: z.output<z.ZodObject<Shape, z.core.$strict>>) => OptionProblem | undefined
  readonly make: (options: z.output<z.ZodObject<Shape, z.core.$strict>>) => RuleParts
}

const COMMON = {
  name: z.string().min(1).max(300).optional(),
  severity: z.enum(['warning', 'error']).default('error'),
  where: predicateSchema.optional(),
  description: z.string().max(2000).optional(),
}

/** The options that every row rule has. */
export const MOSTLY = { mostly: z.number().min(0).max(1).default(1) }
export const COLUMN = z.string().min(1).max(1000)

/** Defines a kind; `options` are its own, those of every rule are added. */
export function ruleKind<Shape extends z.core.$ZodLooseShape>(
  kind: string,
  definition: KindDefinition<Shape>,
): RuleKind {
  const mineOnly = z.strictObject(definition.options)
  const options = z.strictObject({ ...definition.options, ...COMMON })
  return {
    kind,
    options,
    make<Column extends string>(others: unknown, own: object = {}) {
      const given = typeof others === 'object' && others !== null ? { ...others, ...own } : others
      const all = parseOptions(kind, options, given) as CommonOptions
      const mine = Object.fromEntries(Object.keys(mineOnly.shape).map((key) => [key, Reflect.get(all, key)]))
      // The schema has checked the whole, so its part has this type.
      const checked = mine as z.output<typeof mineOnly>
      const problem = definition.problem?.(checked)
      if (problem) throw wrongRule(kind, [problem])
      const { columns, check, description, name } = definition.make(checked)
      return Object.freeze({
        name: all.name ?? name ?? `${kind}(${columns.join(', ')})`,
        kind,
        // The columns are those that the caller has named.
        columns: columns as readonly Column[],
        severity: all.severity,
        mostly: all.mostly ?? 1,
        where: all.where,
        description: all.description ?? description,
        check,
      })
    },
  }
}

interface CommonOptions {
  readonly name?: string | undefined
  readonly severity: RuleSeverity
  readonly where?: Predicate | undefined
  readonly description?: string | undefined
  readonly mostly?: number | undefined
}

function parseOptions(kind: string, schema: z.ZodType, given: unknown): unknown {
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw wrongRule(kind, schemaProblems(result.error.issues, given, { names: namesOf(schema) }))
}

function namesOf(schema: z.ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

/** Returns the error for the options of a rule. */
export function wrongRule(kind: string, problems: readonly OptionProblem[]): WriterConfigurationError {
  return optionError(`rule ${kind}`, problems.slice(0, MAX_PROBLEMS), [
    'Correct the options named above; the README of @forge/writer-quality lists those of each rule.',
  ])
}

const MAX_PROBLEMS = 20
