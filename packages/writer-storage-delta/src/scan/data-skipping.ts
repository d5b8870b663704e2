import type { DecimalLiteral, Expression, Literal, Predicate } from '@forge/writer-core'
import { doubleOf, exactLiteral, findColumn, microsFromDate, parseMicros } from '@forge/writer-core/storage'
import type { AddFile } from '../actions/actions.ts'
import type { Snapshot } from '../log/snapshot.ts'
import type { DeltaType, StructField } from '../schema/delta-type.ts'
import { parseSchema } from '../schema/schema-json.ts'
import { type ColumnRange, type Comparable, columnRange, compareBounds } from './column-range.ts'

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>='
interface Bound {
  readonly field: StructField
  readonly operator: Operator
  readonly value: Literal
  /** False if exact numbers are compared as doubles. Default true. */
  readonly isExact?: boolean | undefined
}

/** Returns the files that may hold a row for which `where` is true. Files that certainly do not are left out. */
export function skipFiles(
  snapshot: Pick<Snapshot, 'metadata'>,
  files: readonly AddFile[],
  where: Predicate | undefined,
): AddFile[] {
  if (where === undefined || where.op === 'true') return [...files]
  const { fields } = parseSchema(snapshot.metadata)
  return files.filter((add) => {
    const ranges = new Map<string, ColumnRange>()
    const rangeOf = (field: StructField) => {
      const range = ranges.get(field.name) ?? columnRange(snapshot, add, field)
      ranges.set(field.name, range)
      return range
    }
    return mayMatch(where, { fields, rangeOf })
  })
}

interface Scope {
  readonly fields: readonly StructField[]
  readonly rangeOf: (field: StructField) => ColumnRange
}

/** Returns false only if no row of the file can make the predicate true. */
function mayMatch(predicate: Predicate, scope: Scope): boolean {
  switch (predicate.op) {
    case 'false':
      return false
    case 'and':
      return predicate.args.every((arg) => mayMatch(arg, scope))
    case 'or':
      return predicate.args.some((arg) => mayMatch(arg, scope))
    case 'compare': {
      const bound = boundOf(predicate.operator, predicate.left, predicate.right, scope)
      return bound === undefined || boundMayMatch(bound, scope)
    }
    case 'in': {
      const field = fieldOf(predicate.value, scope)
      if (field === undefined) return true
      const isExact = predicate.list.every((value) => !isDouble(value))
      return predicate.list.some((value) => boundMayMatch({ field, operator: '=', value, isExact }, scope))
    }
    case 'between': {
      const { value, low, high } = predicate
      const isExact = [low, high].every((side) => side.kind === 'literal' && !isDouble(side.value))
      const bounds = [boundOf('>=', value, low, scope), boundOf('<=', value, high, scope)]
      return bounds.every((bound) => bound === undefined || boundMayMatch({ ...bound, isExact }, scope))
    }
    case 'isNull': {
      const field = fieldOf(predicate.value, scope)
      return field === undefined || scope.rangeOf(field).hasNulls !== 'none'
    }
    case 'not': {
      const field = predicate.arg.op === 'isNull' ? fieldOf(predicate.arg.value, scope) : undefined
      return field === undefined || scope.rangeOf(field).hasNulls !== 'all'
    }
    case 'true':
    case 'like':
    case 'matches':
      return true
  }
}

/** Returns true for NaN and infinities. Next to them, or to a column of doubles, all numbers are compared as doubles. */
function isDouble(value: Literal): boolean {
  return typeof value === 'number' && !Number.isFinite(value)
}

const MIRRORED: Readonly<Record<Operator, Operator>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function boundOf(operator: Operator, left: Expression, right: Expression, scope: Scope): Bound | undefined {
  const leftField = fieldOf(left, scope)
  if (leftField && right.kind === 'literal') return { field: leftField, operator, value: right.value }
  const rightField = fieldOf(right, scope)
  if (rightField && left.kind === 'literal')
    return { field: rightField, operator: MIRRORED[operator], value: left.value }
  return undefined
}

function fieldOf(expression: Expression, { fields }: Scope): StructField | undefined {
  return expression.kind === 'column' ? findColumn(expression.name, fields) : undefined
}

function boundMayMatch({ field, operator, value, isExact = true }: Bound, scope: Scope): boolean {
  // A comparison with null is never true.
  if (value === null) return false
  const { min, max, maxIsLast, hasNulls } = scope.rangeOf(field)
  if (hasNulls === 'all') return false
  const wanted = literalValue(value, field, isExact)
  if (wanted === undefined) return true
  const below = min && compareBounds(wanted, min)
  const above = max && compareBounds(wanted, max)
  switch (operator) {
    case '=':
      return !(below !== undefined && below < 0) && !(above !== undefined && above > 0)
    case '<':
      return !(below !== undefined && below <= 0)
    case '<=':
      return !(below !== undefined && below < 0)
    case '>':
      return !(maxIsLast && above !== undefined && above >= 0)
    case '>=':
      return !(maxIsLast && above !== undefined && above > 0)
    case '!=':
      return true
  }
}

/** Returns the value of a constant to compare with a column; undefined if it is of another kind, or NaN. */
function literalValue(value: Literal, { type }: StructField, isExact: boolean): Comparable | undefined {
  const isTime =
    type.kind === 'primitive' && (type.name === 'date' || type.name === 'timestamp' || type.name === 'timestamp_ntz')
  if (value instanceof Date) return isTime ? { kind: 'micros', value: microsFromDate(value) } : undefined
  switch (typeof value) {
    case 'string': {
      if (!isTime) return { kind: 'text', value }
      const micros = parseMicros(value, { assumeUtc: true })
      return micros === undefined ? undefined : { kind: 'micros', value: micros }
    }
    case 'number':
    case 'bigint':
    case 'object':
      return value === null ? undefined : numberValue(value, type, isExact)
    case 'boolean':
      return { kind: 'boolean', value }
    default:
      return undefined
  }
}

function numberValue(
  value: number | bigint | DecimalLiteral,
  type: DeltaType,
  isExact: boolean,
): Comparable | undefined {
  if (Number.isNaN(value)) return undefined
  const exact = exactLiteral({ kind: 'literal', value })
  const isFloating = type.kind === 'primitive' && (type.name === 'float' || type.name === 'double')
  if (exact && isExact && !isFloating) return { kind: 'exact', value: exact }
  return { kind: 'number', value: exact ? doubleOf(exact) : Number(value) }
}
