import {
  type AggregateQuery,
  type Expression,
  type GroupKey,
  type Measure,
  WriterConfigurationError,
} from '@forge/writer-core'
import { aggregateColumns, decimalShape, decimalType, exactShape, expressionType } from '@forge/writer-core/storage'
import { sqlTypeOf } from './column-types.ts'
import { type CompileScope, compileExpression, doubleSql } from './compile-expression.ts'
import { compileCondition } from './compile-predicate.ts'
import { orderAndLimit, type Relation, type ScanStatement } from './compile-scan.ts'
import { quoteIdentifier } from './identifiers.ts'
import { type ParameterList, parameterList } from './parameters.ts'

/** Compiles an aggregate query to one `select`, with nested queries in its `from` clause. Throws the same errors as `aggregateColumns`. */
export function compileAggregate(relation: Relation, query: AggregateQuery): ScanStatement {
  const list = parameterList(relation.params)
  const { sql, columns } = aggregateSql(relation, query, list)
  return { sql, columns, params: list.values }
}

function aggregateSql(relation: Relation, query: AggregateQuery, list: ParameterList): Relation {
  const columns = aggregateColumns(query, relation.columns)
  const inner = query.from ? aggregateSql(relation, query.from, list) : undefined
  const from = inner ? { sql: `(${inner.sql})`, columns: inner.columns } : relation
  const scope: CompileScope = { columns: from.columns, list }
  const keys = query.groupBy ?? []
  const quantiles = sharedQuantiles(query.measures, scope)
  const compiled = keys.map((key) => keySql(key, scope))
  const selected = [
    ...compiled.map(({ sql }, at) => `${sql} as ${quoteIdentifier(keys[at]?.as ?? '')}`),
    ...query.measures.map(
      (measure) => `${quantiles.get(measure) ?? measureSql(measure, scope)} as ${quoteIdentifier(measure.as)}`,
    ),
  ]
  const parts = [`select ${selected.join(', ')}`, `from ${from.sql}`]
  if (query.where) parts.push(`where ${compileCondition(query.where, scope)}`)
  if (keys.length > 0) parts.push(`group by ${keys.map((_key, at) => at + 1).join(', ')}`)
  const zoned = compiled.flatMap(({ localZone }, at) => {
    const name = quoteIdentifier(keys[at]?.as ?? '')
    return localZone === undefined ? [] : `${instantSql(name, localZone)} as ${name}`
  })
  const grouped = parts.join('\n')
  const whole = zoned.length > 0 ? `select * replace (${zoned.join(', ')}) from (${grouped})` : grouped
  return { sql: [whole, ...orderAndLimit(query, columns, list)].join('\n'), columns }
}

interface CompiledKey {
  readonly sql: string
  /** The zone, if `sql` returns a local time of a zone. The local time is converted to an instant once per group. */
  readonly localZone?: string | undefined
}

function keySql(key: GroupKey, scope: CompileScope): CompiledKey {
  if ('by' in key) return { sql: compileExpression(key.by, scope) }
  const of: Expression = typeof key.of === 'string' ? { kind: 'column', name: key.of } : key.of
  const instant = `cast(${compileExpression(of, scope)} as timestamptz)`
  const timeZone = checkedZone(key.timeZone ?? 'UTC')
  // Hours follow the instant in every zone. In UTC the engine's plain timestamps do, several times as fast as its calendar of zones.
  const isPlain = timeZone === 'UTC' || ('bucket' in key && key.bucket === 'hour')
  const zone = isPlain ? '' : scope.list.add(timeZone, 'varchar')
  const local = isPlain ? `make_timestamp(epoch_us(${instant}))` : `(${instant} at time zone ${zone})`
  if ('bucket' in key) {
    const start = `date_trunc('${bucketWord(key.bucket)}', ${local})`
    return isPlain ? { sql: `make_timestamptz(epoch_us(${start}))` } : { sql: start, localZone: zone }
  }
  const parts = { hourOfDay: 'hour', dayOfWeek: 'isodow', dayOfMonth: 'day' } as const
  return { sql: `${parts[key.part]}(${local})` }
}

/**
 * Returns the SQL of the instant of a local time, as `zoneClock` computes it: the first of two instants. For a local time that the clocks skip, it is
 * the instant by the offset before the change. The engine itself would return the second of two.
 */
function instantSql(local: string, zone: string): string {
  const dayBefore = `((${local} at time zone 'UTC') - interval 24 hours)`
  const offset = `((${dayBefore} at time zone ${zone}) - (${dayBefore} at time zone 'UTC'))`
  const first = `((${local} - ${offset}) at time zone 'UTC')`
  const engines = `(${local} at time zone ${zone})`
  const isFirst = `(${first} at time zone ${zone}) = ${local} or (${engines} at time zone ${zone}) <> ${local}`
  return `case when ${isFirst} then ${first} else ${engines} end`
}

function bucketWord(bucket: 'hour' | 'day' | 'week' | 'month'): string {
  switch (bucket) {
    case 'hour':
    case 'day':
    case 'week':
    case 'month':
      return bucket
  }
}

function checkedZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch (cause) {
    throw new WriterConfigurationError(`unknown time zone ${timeZone}`, { cause, committed: 'no' })
  }
}

function measureSql(measure: Measure, scope: CompileScope): string {
  if (measure.fn === 'countDistinct') return distinctSql(measure, scope)
  const filter = measure.where ? ` filter (where ${compileCondition(measure.where, scope)})` : ''
  const compile = (expression: Expression) => compileExpression(expression, scope)
  const double = (expression: Expression) => doubleSql(expression, scope)
  switch (measure.fn) {
    case 'count':
      return `count(${measure.of ? compile(measure.of) : '*'})${filter}`
    case 'sum':
      return `cast(sum(${numeric(measure.of, scope)})${filter} as ${sumType(measure.of, scope)})`
    case 'avg':
      return `avg(${double(measure.of)})${filter}`
    case 'min':
    case 'max':
      return `${measure.fn}(${compile(measure.of)})${filter}`
    case 'stddev':
      return `stddev_samp(${double(measure.of)})${filter}`
    case 'variance':
      return `var_samp(${double(measure.of)})${filter}`
    case 'mad':
      return `mad(${double(measure.of)})${filter}`
    case 'any':
      return `bool_or(${compile(measure.of)})${filter}`
    case 'all':
      return `bool_and(${compile(measure.of)})${filter}`
    case 'quantile': {
      // The engine takes a quantile only as a constant; a number of 0 to 1 prints as one.
      const [name, type] = quantileFunction(measure)
      return `${name}(${double(measure.of)}, ${measure.q}::${type})${filter}`
    }
    case 'argMax':
    case 'argMin':
      return `${measure.fn === 'argMax' ? 'arg_max_null' : 'arg_min_null'}(${compile(measure.of)}, ${compile(measure.by)})${filter}`
  }
}

/** Computes quantiles of the same values as items of one list. The engine evaluates equal calls once, and stores the values, or their sketch, once. */
function sharedQuantiles(measures: readonly Measure[], scope: CompileScope): Map<Measure, string> {
  const groups = new Map<string, Quantile[]>()
  for (const measure of measures) {
    if (measure.fn !== 'quantile') continue
    const key = JSON.stringify([measure.of, measure.where, measure.approximate === true], (_key, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    )
    groups.set(key, [...(groups.get(key) ?? []), measure])
  }
  const compiled = new Map<Measure, string>()
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined || group.length === 1) continue
    const [name, type] = quantileFunction(first)
    const shares = group.map(({ q }) => `${q}::${type}`)
    const filter = first.where ? ` filter (where ${compileCondition(first.where, scope)})` : ''
    const list = `(${name}(${doubleSql(first.of, scope)}, [${shares.join(', ')}])${filter})`
    for (const [at, measure] of group.entries()) compiled.set(measure, `${list}[${at + 1}]`)
  }
  return compiled
}

type Quantile = Extract<Measure, { fn: 'quantile' }>

function quantileFunction({ approximate }: Quantile): readonly [name: string, shareType: string] {
  return approximate ? ['approx_quantile', 'float'] : ['quantile_cont', 'double']
}

// The sum of exact numbers is exact in the engine, of 128 bits; that of integers leaves as a double.
function numeric(expression: Expression, scope: CompileScope): string {
  const type = expressionType(expression, scope.columns)
  const sql = compileExpression(expression, scope)
  return type && exactShape(type) ? sql : `cast(${sql} as double)`
}

function sumType(expression: Expression, scope: CompileScope): string {
  const type = expressionType(expression, scope.columns)
  const shape = type && decimalShape(type)
  return shape ? sqlTypeOf(decimalType(Math.max(38, shape.precision), shape.scale)) : 'double'
}

function distinctSql(measure: Extract<Measure, { fn: 'countDistinct' }>, scope: CompileScope): string {
  const of: readonly Expression[] = Array.isArray(measure.of) ? measure.of : [measure.of as Expression]
  const items = of.map((expression) => compileExpression(expression, scope))
  const conditions = items.length > 1 ? items.map((item) => `${item} is not null`) : []
  if (measure.where) conditions.push(compileCondition(measure.where, scope))
  const filter = conditions.length > 0 ? ` filter (where ${conditions.join(' and ')})` : ''
  const value = items.length > 1 ? tupleSql(items, measure.hashed) : items.join()
  return measure.approximate ? `approx_count_distinct(${value})${filter}` : `count(distinct ${value})${filter}`
}

function tupleSql(items: readonly string[], isHashed = false): string {
  return `${isHashed ? 'hash' : 'row'}(${items.join(', ')})`
}
