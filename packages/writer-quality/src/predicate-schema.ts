import { type Expression, type Literal, type Predicate, parsePredicate } from '@forge/writer-core'
import { z } from 'zod'

/** The schema of a condition on rows: a predicate, or its text as in rule files. */
export const predicateSchema = z.unknown().transform((value, context): Predicate => {
  try {
    if (typeof value === 'string') return parsePredicate(value)
    const parsed = predicateTree.safeParse(value)
    if (parsed.success) return parsed.data
  } catch (error) {
    const reason = error instanceof RangeError ? 'nested too deeply' : error instanceof Error ? error.message : ''
    context.addIssue({ code: 'custom', message: `must be a condition on rows: ${reason}` })
    return z.NEVER
  }
  context.addIssue({ code: 'custom', message: 'must be a condition on rows: text in the words of SQL, or a predicate' })
  return z.NEVER
})

const literalValue = z.union([
  z.string(),
  z.number(),
  z.bigint(),
  z.boolean(),
  z.date(),
  z.null(),
]) satisfies z.ZodType<Literal>
const comparison = z.enum(['=', '!=', '<', '<=', '>', '>='])
const functionName = z.enum([
  'length',
  'lower',
  'upper',
  'trim',
  'abs',
  'round',
  'floor',
  'ceil',
  'coalesce',
  'isFinite',
])
const pattern = z.string().max(10_000)

const expressionTree: z.ZodType<Expression> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('column'), name: z.string() }),
    z.strictObject({ kind: z.literal('literal'), value: literalValue }),
    z.strictObject({
      kind: z.literal('arithmetic'),
      operator: z.enum(['+', '-', '*', '/', '%']),
      left: expressionTree,
      right: expressionTree,
    }),
    z.strictObject({ kind: z.literal('function'), name: functionName, args: z.array(expressionTree) }),
    z.strictObject({ kind: z.literal('jsonField'), column: z.string(), key: z.string() }),
    // biome-ignore lint/suspicious/noThenProperty: a field of the tree, which nothing awaits
    z.strictObject({ kind: z.literal('case'), when: predicateTree, then: expressionTree, else: expressionTree }),
  ]),
)

const predicateTree: z.ZodType<Predicate> = z.lazy(() =>
  z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('true') }),
    z.strictObject({ op: z.literal('false') }),
    z.strictObject({ op: z.literal('and'), args: z.array(predicateTree) }),
    z.strictObject({ op: z.literal('or'), args: z.array(predicateTree) }),
    z.strictObject({ op: z.literal('not'), arg: predicateTree }),
    z.strictObject({ op: z.literal('compare'), operator: comparison, left: expressionTree, right: expressionTree }),
    z.strictObject({ op: z.literal('in'), value: expressionTree, list: z.array(literalValue) }),
    z.strictObject({ op: z.literal('between'), value: expressionTree, low: expressionTree, high: expressionTree }),
    z.strictObject({ op: z.literal('isNull'), value: expressionTree }),
    z.strictObject({ op: z.literal('like'), value: expressionTree, pattern, ignoreCase: z.boolean().exactOptional() }),
    z.strictObject({ op: z.literal('matches'), value: expressionTree, pattern }),
  ]),
)
