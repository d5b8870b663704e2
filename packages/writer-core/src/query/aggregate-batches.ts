import type { LogBatch } from '../batch/log-batch.ts'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import { operand } from '../predicate/build.ts'
import { type Bound, compileExpression } from '../predicate/compile-expression.ts'
import { compilePredicate, type Truth } from '../predicate/compile-predicate.ts'
import { type Native, nativeKey, toValue } from '../predicate/native.ts'
import type { AggregateQuery, AggregateRow, GroupKey, Measure } from './aggregate.ts'
import { aggregateColumns, measureExpressions } from './aggregate-columns.ts'
import { type Accumulator, accumulator } from './measures.ts'
import { comparator } from './order.ts'
import { filtered } from './scan-batches.ts'
import { bucketStart, timePart, zoneClock } from './time-bucket.ts'

type Columns = readonly ColumnDefinition[]
type Batches = Iterable<LogBatch> | AsyncIterable<LogBatch>

/**
 * An aggregate over batches of a table with these columns, for storages without an engine. It holds the groups in memory, and all values of a group for
 * quantiles, deviations from the median and distinct counts.
 * Throws WriterSchemaError and WriterConfigurationError for what cannot be computed.
 */
export async function aggregateBatches(
  batches: Batches,
  query: AggregateQuery,
  columns: Columns,
): Promise<AggregateRow[]> {
  const output = aggregateColumns(query, columns)
  const groups = await collect(batches, query, columns)
  const rows = [...groups].map(({ keys, figures }) => [...keys, ...figures.map((figure) => figure.result())])
  return ordered(rows, query, output).map((row) =>
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
  const source = from ? [batchFromRows(columns, await aggregateBatches(batches, from, table))] : batches
  const keysOf = groupBy.map((key) => compileKey(key, columns))
  const measuresOf = measures.map((measure) => compileMeasure(measure, columns))
  const groups = new Map<string, Group>()
  const groupOf = (keys: readonly Native[]) => {
    const id = keys.map(nativeKey).join('\0')
    const known = groups.get(id)
    if (known) return known
    const group = { keys, figures: measures.map(accumulator) }
    groups.set(id, group)
    return group
  }
  if (groupBy.length === 0) groupOf([])
  for await (const batch of filtered(source, where, columns, query.signal)) {
    const keys = keysOf.map((key) => key(batch))
    const values = measuresOf.map((measure) => measure(batch))
    for (let row = 0; row < batch.rowCount; row++) {
      const { figures } = groupOf(keys.map((key) => key(row)))
      for (const [at, figure] of figures.entries()) {
        const given = values[at]?.(row)
        if (given) figure.add(given)
      }
    }
  }
  return groups.values()
}

function compileKey(key: GroupKey, columns: Columns): Bound<Native> {
  if ('by' in key) return compileExpression(key.by, columns)
  const zone = zoneClock(key.timeZone ?? 'UTC')
  const instant = compileExpression(operand(key.of), columns)
  return (batch) => {
    const at = instant(batch)
    return (row) => {
      const micros = at(row)
      if (typeof micros !== 'bigint') return null
      return 'bucket' in key ? bucketStart(micros, key.bucket, zone) : timePart(micros, key.part, zone)
    }
  }
}

/** The values of the measure's expressions in a row; undefined where its `where` leaves the row out. */
function compileMeasure(measure: Measure, columns: Columns): Bound<readonly Native[] | undefined> {
  const taken: Bound<Truth> = measure.where ? compilePredicate(measure.where, columns) : () => () => 1
  const expressions = measureExpressions(measure).map((expression) => compileExpression(expression, columns))
  return (batch) => {
    const truth = taken(batch)
    const values = expressions.map((expression) => expression(batch))
    return (row) => (truth(row) === 1 ? values.map((value) => value(row)) : undefined)
  }
}

function ordered(rows: Native[][], { orderBy = [], limit }: AggregateQuery, output: Columns): Native[][] {
  if (orderBy.length > 0) {
    const positions = orderBy.map(({ column }) => output.findIndex(({ name }) => name === column))
    const keys = (row: Native[]) => positions.map((at) => row[at] ?? null)
    const compare = comparator(orderBy)
    rows.sort((a, b) => compare(keys(a), keys(b)))
  }
  return limit === undefined ? rows : rows.slice(0, limit)
}
