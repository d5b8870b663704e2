import { DuckDBTimestampTZValue } from '@duckdb/node-api'
import { type ColumnType, type DecimalLiteral, type Literal, WriterConfigurationError } from '@forge/writer-core'
import { decimalShape, expressionType, microsFromDate } from '@forge/writer-core/storage'
import { sqlTypeOf } from './column-types.ts'

/** A value that is bound to `$n`. */
export type SqlParameter = string | number | bigint | boolean | null | DuckDBTimestampTZValue

/** A statement with its values: `params[0]` is `$1`. */
export interface SqlQuery {
  readonly sql: string
  readonly params: readonly SqlParameter[]
}

/** Collects values while SQL is compiled. `add` returns the SQL that refers to the value. */
export interface ParameterList {
  readonly values: readonly SqlParameter[]
  add(value: SqlParameter, sqlType: string): string
}

/** Creates a list. `before` holds the parameters that the enclosing SQL already uses. */
export function parameterList(before: readonly SqlParameter[] = []): ParameterList {
  const values: SqlParameter[] = [...before]
  return {
    values,
    add(value, sqlType) {
      values.push(value)
      return `cast($${values.length} as ${sqlType})`
    },
  }
}

const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)
const MAX_INT128 = 2n ** 127n - 1n

/** Returns a literal of a predicate as bound SQL. Throws WriterConfigurationError for integers beyond 128 bits and for invalid dates. */
export function literalSql(value: Literal, list: ParameterList): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'string':
      return list.add(value, 'varchar')
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      if (expressionType({ kind: 'literal', value }, []) === 'int64') return literalSql(BigInt(value), list)
      // The driver would bind these whole numbers as integers, but they are too large for that.
      return Number.isInteger(value)
        ? `cast(${list.add(String(value), 'varchar')} as double)`
        : list.add(value, 'double')
    case 'bigint':
      if (value >= MIN_INT64 && value <= MAX_INT64) return list.add(value, 'bigint')
      if (value > MAX_INT128 || value < -MAX_INT128) {
        throw new WriterConfigurationError('an integer in a predicate has more than 128 bits', { committed: 'no' })
      }
      return list.add(value, 'hugeint')
    case 'object':
      if ('decimal' in value) return decimalSql(value, list)
      if (Number.isNaN(value.getTime())) {
        throw new WriterConfigurationError('a Date in a predicate is not valid', { committed: 'no' })
      }
      return timestampSql(microsFromDate(value), list)
  }
}

function decimalSql(value: DecimalLiteral, list: ParameterList): string {
  const type = expressionType({ kind: 'literal', value }, []) ?? 'double'
  const isWide = (decimalShape(type)?.precision ?? 0) > 38
  return isWide ? literalSql(Number(value.decimal), list) : exactSql(value.decimal, type, list)
}

/** Returns a number, given as digits, as bound SQL of an exact type that can hold it. */
export function exactSql(digits: string, type: ColumnType, list: ParameterList): string {
  return `cast(${list.add(digits, 'varchar')} as ${sqlTypeOf(type)})`
}

/** Returns an instant as bound SQL. */
export function timestampSql(micros: bigint, list: ParameterList): string {
  return list.add(new DuckDBTimestampTZValue(micros), 'timestamptz')
}
