import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RelationSchema } from '../gen/messages.ts'
import type { PlanExpression, PlanOrder } from './expressions.ts'

/** A relation of a plan. */
export type PlanRelation = MessageInitShape<typeof RelationSchema>

// The numbers of the protocol.
const GROUP_BY = 1
const UNION = 2

export function project(input: PlanRelation, expressions: readonly PlanExpression[]): PlanRelation {
  return { relType: { case: 'project', value: { input, expressions: [...expressions] } } }
}

export function filter(input: PlanRelation, condition: PlanExpression): PlanRelation {
  return { relType: { case: 'filter', value: { input, condition } } }
}

export function sort(input: PlanRelation, order: readonly PlanOrder[]): PlanRelation {
  return { relType: { case: 'sort', value: { input, order: [...order], isGlobal: true } } }
}

export function limit(input: PlanRelation, rows: number): PlanRelation {
  return { relType: { case: 'limit', value: { input, limit: rows } } }
}

export function offset(input: PlanRelation, rows: number): PlanRelation {
  return { relType: { case: 'offset', value: { input, offset: rows } } }
}

export function aggregate(
  input: PlanRelation,
  keys: readonly PlanExpression[],
  figures: readonly PlanExpression[],
): PlanRelation {
  return {
    relType: {
      case: 'aggregate',
      value: {
        input,
        groupType: GROUP_BY,
        groupingExpressions: [...keys],
        aggregateExpressions: [...figures],
      },
    },
  }
}

/** Returns a statement as a relation. It may name tables and versions, never values of rows. */
export function sql(query: string): PlanRelation {
  return { relType: { case: 'sql', value: { query } } }
}

/** Returns the lines of the files that a path with wildcards stands for. */
export function textFiles(path: string): PlanRelation {
  const value = { format: 'text', paths: [path] }
  return { relType: { case: 'read', value: { readType: { case: 'dataSource', value } } } }
}

/** Returns a path in which nothing is a wildcard. */
export function escapeGlob(path: string): string {
  return path.replaceAll(/[\\*?[\]{}]/g, '\\$&')
}

/** Returns rows in Arrow's IPC format as a relation. */
export function localRelation(data: Uint8Array): PlanRelation {
  return { relType: { case: 'localRelation', value: { data } } }
}

/** Returns all rows of the relations. A tree is as deep as it must be, since the server limits the depth of plans. */
export function union(relations: readonly PlanRelation[]): PlanRelation {
  const [first, second] = relations
  if (first === undefined) throw new RangeError('a union needs at least one relation')
  if (second === undefined) return first
  const half = relations.length >> 1
  return {
    relType: {
      case: 'setOp',
      value: {
        leftInput: union(relations.slice(0, half)),
        rightInput: union(relations.slice(half)),
        setOpType: UNION,
        isAll: true,
      },
    },
  }
}
