import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Expression_SortOrderSchema, ExpressionSchema } from '../gen/messages.ts'

/** An expression of a plan. */
export type PlanExpression = MessageInitShape<typeof ExpressionSchema>

type LiteralInit = Extract<PlanExpression['exprType'], { case: 'literal' }>['value']['literalType']

/** Returns a name, or names with dots between them, in backticks. */
export function quoteName(...parts: readonly string[]): string {
  return parts.map((part) => `\`${part.replaceAll('`', '``')}\``).join('.')
}

export function attribute(...parts: readonly string[]): PlanExpression {
  return { exprType: { case: 'unresolvedAttribute', value: { unparsedIdentifier: quoteName(...parts) } } }
}

export function literal(literalType: NonNullable<LiteralInit>): PlanExpression {
  return { exprType: { case: 'literal', value: { literalType } } }
}

export function text(value: string): PlanExpression {
  return literal({ case: 'string', value })
}

export function flag(value: boolean): PlanExpression {
  return literal({ case: 'boolean', value })
}

/** Returns the value null of a type in SQL. */
export function nullOf(type: string): PlanExpression {
  return cast(literal({ case: 'null', value: { kind: { case: 'null', value: {} } } }), type)
}

export function call(functionName: string, ...args: readonly PlanExpression[]): PlanExpression {
  return { exprType: { case: 'unresolvedFunction', value: { functionName, arguments: [...args] } } }
}

/** Returns a figure of the different values. */
export function callDistinct(functionName: string, ...args: readonly PlanExpression[]): PlanExpression {
  return {
    exprType: { case: 'unresolvedFunction', value: { functionName, arguments: [...args], isDistinct: true } },
  }
}

/** Converts an expression to a type in SQL. */
export function cast(expr: PlanExpression, type: string): PlanExpression {
  return { exprType: { case: 'cast', value: { expr, castToType: { case: 'typeStr', value: type } } } }
}

/** Names an expression. `metadata` is kept with the column that it becomes. */
export function alias(
  expr: PlanExpression,
  name: string,
  metadata?: Readonly<Record<string, unknown>>,
): PlanExpression {
  const described = metadata && Object.keys(metadata).length > 0 ? { metadata: JSON.stringify(metadata) } : {}
  return { exprType: { case: 'alias', value: { expr, name: [name], ...described } } }
}

export function allOf(conditions: readonly PlanExpression[]): PlanExpression {
  return conditions.length === 0 ? flag(true) : conditions.reduce((left, right) => call('and', left, right))
}

export function anyOf(conditions: readonly PlanExpression[]): PlanExpression {
  return conditions.length === 0 ? flag(false) : conditions.reduce((left, right) => call('or', left, right))
}

/** An order of rows. */
export type PlanOrder = MessageInitShape<typeof Expression_SortOrderSchema>

// The numbers of the protocol.
const ASCENDING = 1
const DESCENDING = 2
const NULLS_FIRST = 1
const NULLS_LAST = 2

export function orderBy(child: PlanExpression, isDescending: boolean, nulls: 'first' | 'last'): PlanOrder {
  return {
    child,
    direction: isDescending ? DESCENDING : ASCENDING,
    nullOrdering: nulls === 'first' ? NULLS_FIRST : NULLS_LAST,
  }
}
