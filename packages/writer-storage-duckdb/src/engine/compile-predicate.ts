import type { ColumnDefinition, Expression, Predicate } from '@forge/writer-core'
import { assertPredicate, exactComparison, lowerText } from '@forge/writer-core/storage'
import { type CompileScope, compileCompared, compileExpression } from './compile-expression.ts'
import { parameterList, type SqlParameter, type SqlQuery } from './parameters.ts'

/**
 * Returns the SQL condition of a predicate. Its values are bound, and `params` continues the parameters `before`. Throws the same errors as
 * `assertPredicate`.
 */
export function compilePredicate(
  predicate: Predicate,
  columns: readonly ColumnDefinition[],
  { before = [] }: { readonly before?: readonly SqlParameter[] | undefined } = {},
): SqlQuery {
  assertPredicate(predicate, columns)
  const list = parameterList(before)
  const sql = compileCondition(predicate, { columns, list })
  return { sql, params: list.values }
}

/** Compiles a predicate that `assertPredicate` has accepted, and adds its values to the parameters of the scope. */
export function compileCondition(predicate: Predicate, scope: CompileScope): string {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate.op
    case 'and':
    case 'or': {
      if (predicate.args.length === 0) return predicate.op === 'and' ? 'true' : 'false'
      return `(${predicate.args.map((arg) => compileCondition(arg, scope)).join(` ${predicate.op} `)})`
    }
    case 'not':
      return `(not ${compileCondition(predicate.arg, scope)})`
    case 'compare':
    case 'in':
    case 'between':
      return comparisonSql(exactComparison(predicate, scope.columns), scope)
    case 'isNull':
      return `(${compileExpression(predicate.value, scope)} is null)`
    case 'like':
      return likeSql(predicate, scope)
    case 'matches':
      return `regexp_matches(${compileExpression(predicate.value, scope)}, ${scope.list.add(predicate.pattern, 'varchar')})`
  }
}

/** Returns the SQL of a LIKE. The engine tries every way to divide a text among several `%`; its regular expressions need one pass. */
function likeSql({ value, pattern, ignoreCase }: Extract<Predicate, { op: 'like' }>, scope: CompileScope): string {
  const sql = compileExpression(value, scope)
  if (!isCostly(pattern)) {
    return `(${sql} ${ignoreCase ? 'ilike' : 'like'} ${scope.list.add(pattern, 'varchar')} escape '\\')`
  }
  const [text, wanted] = ignoreCase ? [`lower(${sql})`, lowerText(pattern)] : [sql, pattern]
  return `regexp_full_match(${text}, ${scope.list.add(regexOf(wanted), 'varchar')}, 's')`
}

/** Returns whether more than one `%` has something after it. The engine reports a pattern that ends in the escape character. */
function isCostly(pattern: string): boolean {
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) return false
  return (pattern.replaceAll(/\\./gs, '').match(/%+(?!%|$)/g) ?? []).length > 1
}

/** Returns the regular expression of a LIKE pattern. */
function regexOf(pattern: string): string {
  const parts = pattern.match(/\\[\s\S]|%+|[^\\%]/gu) ?? []
  return parts
    .map((part) => {
      if (part.startsWith('%')) return '.*'
      if (part === '_') return '.'
      const character = part.length > 1 && part.startsWith('\\') ? part.slice(1) : part
      return character.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')
    })
    .join('')
}

/** Returns the SQL of a comparison whose constants have the types of the other sides. It may have been simplified to another predicate. */
function comparisonSql(predicate: Predicate, scope: CompileScope): string {
  switch (predicate.op) {
    case 'compare': {
      const [left, right] = compileCompared([predicate.left, predicate.right], scope)
      return `(${left} ${predicate.operator} ${right})`
    }
    case 'between': {
      const [value, low, high] = compileCompared([predicate.value, predicate.low, predicate.high], scope)
      return `(${value} between ${low} and ${high})`
    }
    case 'in':
      return inSql(predicate, scope)
    default:
      return compileCondition(predicate, scope)
  }
}

function inSql({ value, list }: Extract<Predicate, { op: 'in' }>, scope: CompileScope): string {
  if (list.length === 0) return 'false'
  const constants = list.map((item): Expression => ({ kind: 'literal', value: item }))
  const [sql, ...items] = compileCompared([value, ...constants], scope)
  return `(${sql} in (${items.join(', ')}))`
}
