import type { LogBatch } from '../batch/log-batch.ts'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { findColumn } from '../column/column-names.ts'
import { operand } from '../predicate/build.ts'
import { compileDouble, compileExpression } from '../predicate/compile-expression.ts'
import { compilePredicate } from '../predicate/compile-predicate.ts'
import { type Native, nativeKey, toValue } from '../predicate/native.ts'
import type { Bound } from '../predicate/per-word.ts'
import type { AggregateQuery, AggregateRow, GroupKey, Measure } from './aggregate.ts'
import { aggregateColumns, measureExpressions } from './aggregate-columns.ts'
import { groupTable } from './group-table.ts'
import { type Accumulator, accumulator } from './measures.ts'
import { comparator } from './order.ts'
import { bucketStart, timePart } from './time-bucket.ts'
import { zoneClock } from './zone-clock.ts'

type Columns = readonly ColumnDefinition[]
type Batches = Iterable<LogBatch> | AsyncIterable<LogBatch>

/**
 * Aggregates batches of a table with these columns, for storages without an engine. Keeps the groups in memory, and for quantiles, median absolute
 * deviations and distinct counts all values of each group.
 * Throws WriterSchemaError and WriterConfigurationError for queries that cannot be computed.
 */
export async function aggregateBatches(
  batches: Batches,
  query: AggregateQuery,
  columns: Columns,
): Promise<AggregateRow[]> {
  const output = aggregateColumns(query, columns)
  const groups = await collect(batches, query, columns)
  const rows = [...groups].map(({ keys, figures }) => [...keys, ...figures.map((figure) => figure.result())])
  return orderRows(rows, query, output).map((row) =>
    Object.fromEntries(output.map(({ name, type }, at) => [name, toValue(row[at] ?? null, type)])),
  )
}

interface Group {
  readonly keys: readonly Native[]
  readonly figures: readonly Accumulator[]
}

async function collect(batches: Batches, query: AggregateQuery, table: Columns): Promise<Iterable<Group>> {
  const { from, where, groupBy = [], measures } = query
  const columns = from ? aggregateColumns(from, table) : table
  const keysOf = groupBy.map((key) => compileKey(key, columns))
  const measuresOf = measures.map((measure) => compileMeasure(measure, columns))
  const types = aggregateColumns(query, table).slice(groupBy.length)
  const groups = groupTable(
    (keys): Group => ({
      keys,
      figures: measures.map((measure, at) => accumulator(measure, types[at]?.type ?? 'double')),
    }),
  )
  if (groupBy.length === 0) groups.of([])
  const source = from ? [batchFromRows(columns, await aggregateBatches(batches, inner(from, query), table))] : batches
  const taken = where && compilePredicate(where, columns)
  for await (const batch of source) {
    query.signal?.throwIfAborted()
    const truth = taken?.(batch)
    const keys = keysOf.map((key) => key(batch))
    const adders = measuresOf.map((measure) => measure(batch))
    for (let row = 0; row < batch.rowCount; row++) {
      if (truth && truth(row) !== 1) continue
      const { figures } = groups.of(keys.map((key) => key(row)))
      for (let at = 0; at < figures.length; at++) {
        const figure = figures[at]
        if (figure) adders[at]?.(row, figure)
      }
    }
  }
  return groups.all()
}

/** Passes the abort signal of the outer query to an inner one. */
function inner(from: AggregateQuery, { signal }: AggregateQuery): AggregateQuery {
  return signal && !from.signal ? { ...from, signal } : from
}

function compileKey(key: GroupKey, columns: Columns): Bound<Native> {
  if ('by' in key) return compileExpression(key.by, columns)
  const zone = zoneClock(key.timeZone ?? 'UTC')
  const instant = compileExpression(operand(key.of), columns)
  return (batch) => {
    const at = instant(batch)
    return (row) => {
      const micros = at(row)
      if (typeof micros !== 'number' && typeof micros !== 'bigint') return null
      return 'bucket' in key ? bucketStart(micros, key.bucket, zone) : timePart(micros, key.part, zone)
    }
  }
}

/** The measures that are computed in doubles. */
const DOUBLES: ReadonlySet<Measure['fn']> = new Set(['avg', 'stddev', 'variance', 'quantile', 'mad'])

type Adder = (row: number, figure: Accumulator) => void

/** Compiles a measure to a function that adds a row to its accumulator if the `where` of the measure matches. */
function compileMeasure(measure: Measure, columns: Columns): (batch: LogBatch) => Adder {
  const add = compileAdder(measure, columns)
  if (!measure.where) return add
  const where = compilePredicate(measure.where, columns)
  return (batch) => {
    const [truth, adder] = [where(batch), add(batch)]
    return (row, figure) => {
      if (truth(row) === 1) adder(row, figure)
    }
  }
}

function compileAdder(measure: Measure, columns: Columns): (batch: LogBatch) => Adder {
  const compile = DOUBLES.has(measure.fn) ? compileDouble : compileExpression
  const expressions = measureExpressions(measure).map((expression) => compile(expression, columns))
  const isTuple = measure.fn === 'countDistinct' && expressions.length > 1
  return (batch) => {
    const values = expressions.map((expression) => expression(batch))
    if (isTuple) return (row, figure) => figure.add(tupleKey(values.map((value) => value(row))))
    const [of, by] = values
    if (!of) return (_row, figure) => figure.add(null)
    return by ? (row, figure) => figure.add(of(row), by(row)) : (row, figure) => figure.add(of(row))
  }
}

/** Returns a key that is the same for equal tuples; null if a part is null. */
function tupleKey(values: readonly Native[]): string | null {
  return values.includes(null) ? null : JSON.stringify(values.map(nativeKey))
}

function orderRows(rows: Native[][], { orderBy = [], limit }: AggregateQuery, output: Columns): Native[][] {
  if (orderBy.length > 0) {
    const positions = orderBy.map(({ column }) =>
      output.findIndex(({ name }) => name === findColumn(column, output)?.name),
    )
    const keys = (row: Native[]) => positions.map((at) => row[at] ?? null)
    const compare = comparator(orderBy)
    rows.sort((a, b) => compare(keys(a), keys(b)))
  }
  return limit === undefined ? rows : rows.slice(0, limit)
}
