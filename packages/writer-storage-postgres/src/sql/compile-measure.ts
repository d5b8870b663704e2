import type { ColumnType, Expression, Measure } from '@forge/writer-core'
import { exactShape, expressionType, isDecimal } from '@forge/writer-core/storage'
import { allOrNone } from './all-or-none.ts'
import { compileAs, compileExpression } from './compile-expression.ts'
import { type CompileScope, compilePredicate } from './compile-predicate.ts'

/** Returns a figure as SQL; undefined if the server would compute another one than core. */
export function compileMeasure(measure: Measure, scope: CompileScope): string | undefined {
  const condition = measure.where && compilePredicate(measure.where, scope)
  if (measure.where && condition === undefined) return undefined
  const filtered = (figure: string | undefined, ...conditions: (string | undefined)[]) => {
    const all = [condition, ...conditions].filter((each) => each !== undefined)
    return figure && (all.length === 0 ? figure : `${figure} filter (where ${all.join(' and ')})`)
  }
  switch (measure.fn) {
    case 'count': {
      const of = measure.of ? compileExpression(measure.of, scope) : '*'
      return filtered(of && `count(${of})`)
    }
    case 'countDistinct': {
      const expressions: readonly Expression[] = Array.isArray(measure.of) ? measure.of : [measure.of as Expression]
      const of = allOrNone(expressions.map((expression) => compileExpression(expression, scope)))
      if (!of) return undefined
      // A tuple with a null is ignored.
      const present = of.length > 1 ? of.map((sql) => `${sql} is not null`) : []
      return filtered(`count(distinct ${of.length > 1 ? `(${of.join(', ')})` : of[0]})`, ...present)
    }
    case 'quantile': {
      const of = compileAs(measure.of, 'double', scope)
      const q = scope.list.add(String(measure.q), 'double precision')
      return filtered(of && `percentile_cont(${q}) within group (order by ${of})`)
    }
    case 'avg': {
      const of = compileAs(measure.of, 'double', scope)
      return filtered(of && `avg(${of})`)
    }
    case 'sum': {
      const sum = filtered(sumOf(measure.of, scope))
      return sum && `(${sum})::double precision`
    }
    case 'any':
    case 'all': {
      const of = compileExpression(measure.of, scope)
      return filtered(of && `${measure.fn === 'any' ? 'bool_or' : 'bool_and'}(${of})`)
    }
    case 'min':
    case 'max':
      return filtered(extremeOf(measure.fn, measure.of, scope))
    case 'argMin':
    case 'argMax': {
      const [of, by] = [compileOrdered(measure.of, scope), compileOrdered(measure.by, scope)]
      if (of === undefined || by === undefined) return undefined
      const direction = measure.fn === 'argMax' ? 'desc' : 'asc'
      return `(${filtered(`array_agg(${of} order by ${by} ${direction})`, `${by} is not null`)})[1]`
    }
    // The server has no median deviation, and no error for a deviation that is not finite.
    case 'mad':
    case 'stddev':
    case 'variance':
      return undefined
  }
}

/** Sums of decimals are exact in core, and limited to 128 bits. */
function sumOf(of: Expression, scope: CompileScope): string | undefined {
  const type = expressionType(of, scope.columns)
  const sql = type === undefined || isDecimal(type) ? undefined : compileExpression(of, scope)
  return sql && (exactShape(type ?? 'double') ? `sum(${sql})` : `sum((${sql})::double precision)`)
}

function extremeOf(fn: 'min' | 'max', of: Expression, scope: CompileScope): string | undefined {
  const sql = compileOrdered(of, scope)
  if (expressionType(of, scope.columns) !== 'boolean') return sql && `${fn}(${sql})`
  return sql && `${fn === 'max' ? 'bool_or' : 'bool_and'}(${sql})`
}

const ORDERED = new Set<ColumnType>([
  'string',
  'int64',
  'int32',
  'int16',
  'int8',
  'double',
  'boolean',
  'timestamp',
  'date',
])

/** Returns an expression whose values the server orders and prints as core does. */
function compileOrdered(of: Expression, scope: CompileScope): string | undefined {
  const type = expressionType(of, scope.columns)
  if (type !== undefined && !ORDERED.has(type)) return undefined
  const sql = compileExpression(of, scope)
  return sql && (type === 'string' || type === undefined ? `(${sql} collate "C")` : sql)
}
