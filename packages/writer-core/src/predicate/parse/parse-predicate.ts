import type { Expr } from 'pgsql-ast-parser'
import { findColumn } from '../../column/column-names.ts'
import { WriterConfigurationError } from '../../errors/kinds.ts'
import { assertOptions } from '../../options/assert-options.ts'
import { option } from '../../options/option-checks.ts'
import { predicateColumns } from '../columns-of.ts'
import type { Predicate } from '../predicate.ts'
import { checkText } from './check-text.ts'
import { parseSql } from './load-parser.ts'
import { problem, problemAt } from './problem.ts'
import { type SqlText, sqlText } from './sql-text.ts'
import { toPredicate } from './to-predicate.ts'

/**
 * Parses a condition in SQL syntax, such as `duration_secs >= 0 AND phase IN ('bronze', 'silver')`. Names without quotes are converted to lower case
 * and match columns in any letter case; `columns` lists the allowed names. Throws WriterConfigurationError, with the position in the text, for
 * everything that a predicate cannot express and for names that are not in `columns`.
 */
export function parsePredicate(
  text: string,
  options: { readonly columns?: readonly string[] | undefined } = {},
): Predicate {
  assertOptions('parsePredicate', options, { columns: option.list(option.string) })
  const { columns } = options
  checkText(text)
  const sql = sqlText(text)
  const predicate = toPredicate(syntaxTree(sql), sql)
  if (columns) assertNames(predicateColumns(predicate), columns)
  return predicate
}

function syntaxTree(text: SqlText): Expr {
  const [first, second] = trees(text)
  if (!first) throw problem('the text is empty', undefined)
  if (second) throw problemAt(second, text, 'one condition is expected')
  return first
}

function trees(text: SqlText): Expr[] {
  try {
    return parseSql(text.sql)
  } catch (cause) {
    throw syntaxProblem(text, cause)
  }
}

// The library reports the position only in its message, which also lists its whole grammar.
function syntaxProblem(text: SqlText, cause: unknown): WriterConfigurationError {
  const reason = cause instanceof Error ? cause.message : ''
  const place = /at line (\d+) col (\d+)/.exec(reason)
  if (!place) return problem(reason.startsWith('Unexpected end') ? 'it ends too early' : 'not SQL', undefined, cause)
  const before = text.sql.split('\n').slice(0, Number(place[1]) - 1)
  const start = before.reduce((sum, line) => sum + line.length + 1, 0)
  return problem('this is not expected here', text.placeOf(start + Number(place[2]) - 1), cause)
}

function assertNames(names: readonly string[], columns: readonly string[]): void {
  const named = columns.map((name) => ({ name }))
  const missing = names.filter((name) => !findColumn(name, named))
  if (missing.length === 0) return
  throw new WriterConfigurationError(
    `columns not found: ${missing.join(', ')} (the table has: ${columns.join(', ')})`,
    {
      committed: 'no',
      context: { missing, columns },
      suggestions: ['Put text in single quotes; double quotes are for names.'],
    },
  )
}
