import type { PlanInit } from '../connect/session.ts'
import { attribute, type PlanExpression } from './expressions.ts'
import type { PlanRelation } from './relations.ts'

// The numbers of the protocol.
const DELETE = 1
const INSERT = 2
const UPDATE = 4

/** A merge of rows into a table. */
export interface MergeParts {
  /** The quoted name of the table. */
  readonly target: string
  /** The rows, whose columns have names that the table does not have. */
  readonly source: PlanRelation
  readonly condition: PlanExpression
  readonly whenMatched: readonly PlanExpression[]
  readonly whenNotMatched: readonly PlanExpression[]
}

export function mergeCommand({ target, source, condition, whenMatched, whenNotMatched }: MergeParts): PlanInit {
  const value = {
    targetTableName: target,
    sourceTablePlan: source,
    mergeCondition: condition,
    matchActions: [...whenMatched],
    notMatchedActions: [...whenNotMatched],
  }
  return { opType: { case: 'command', value: { commandType: { case: 'mergeIntoTableCommand', value } } } }
}

/** The values of a row by the columns of the table. */
export type Assignments = readonly (readonly [column: string, value: PlanExpression])[]

export function deleteAction(): PlanExpression {
  return { exprType: { case: 'mergeAction', value: { actionType: DELETE } } }
}

export function updateAction(assignments: Assignments): PlanExpression {
  return { exprType: { case: 'mergeAction', value: { actionType: UPDATE, assignments: assignmentsOf(assignments) } } }
}

export function insertAction(assignments: Assignments, condition?: PlanExpression): PlanExpression {
  const value = { actionType: INSERT, assignments: assignmentsOf(assignments), ...(condition && { condition }) }
  return { exprType: { case: 'mergeAction', value } }
}

function assignmentsOf(assignments: Assignments) {
  return assignments.map(([column, value]) => ({ key: attribute(column), value }))
}
