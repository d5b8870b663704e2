import {
  type AggregateRow,
  and,
  type ColumnDefinition,
  call,
  column,
  eq,
  gt,
  lt,
  type Measure,
  not,
  type Predicate,
} from '@forge/writer-core'
import { classOf, isNested, numberOrNull } from '@forge/writer-core/storage'
import type { ColumnProfile, LengthFigures, NumberFigures, Quantiles } from './column-profile.ts'

const QUANTILES = { p01: 0.01, p05: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95, p99: 0.99 } as const

/** Returns the measures whose figures {@link profileOf} reads. */
export function columnMeasures(definition: ColumnDefinition, approximate: boolean): Measure[] {
  const of = column(definition.name)
  const kind = kindOf(definition)
  const finite = isFiniteIn(definition)
  const distinct: Measure = { as: 'distinct', fn: 'countDistinct', of, approximate }
  const counts: Measure[] = [{ as: 'rows', fn: 'count' }, { as: 'count', fn: 'count', of }, distinct]
  const ends: Measure[] = [
    { as: 'min', fn: 'min', of, ...finite },
    { as: 'max', fn: 'max', of, ...finite },
  ]
  switch (kind) {
    case 'number':
      return [...counts, ...ends, ...numberMeasures(definition, approximate)]
    case 'text':
      return [...counts, ...ends, ...lengthMeasures(definition)]
    case 'time':
      return [...counts, ...ends]
    case 'boolean':
    case 'document':
      return counts
  }
}

function numberMeasures(definition: ColumnDefinition, approximate: boolean): Measure[] {
  const of = column(definition.name)
  const finite = isFiniteIn(definition)
  return [
    { as: 'mean', fn: 'avg', of, ...finite },
    ...deviationMeasures(definition),
    ...Object.entries(QUANTILES).map(([as, q]): Measure => ({ as, fn: 'quantile', of, q, approximate, ...finite })),
    ...(finite.where ? [{ as: 'notFinite', fn: 'count', where: not(finite.where) } as const] : []),
  ]
}

// Storages fail if the square of a value is not a finite number.
const BEYOND = 1e150

function deviationMeasures({ name, type }: ColumnDefinition): Measure[] {
  const of = column(name)
  if (type !== 'double' && type !== 'float') return [{ as: 'stddev', fn: 'stddev', of }]
  const [least, most] = [gt(of, -BEYOND), lt(of, BEYOND)]
  const finite = eq(call('isFinite', name), true)
  return [
    { as: 'stddev', fn: 'stddev', of, where: and(least, most) },
    { as: 'beyond', fn: 'count', where: and(finite, not(and(least, most))) },
  ]
}

function lengthMeasures({ name }: ColumnDefinition): Measure[] {
  const of = call('length', name)
  return [
    { as: 'shortest', fn: 'min', of },
    { as: 'longest', fn: 'max', of },
    { as: 'meanLength', fn: 'avg', of },
  ]
}

/** Returns the profile that the figures make, except the top values. */
export function profileOf(definition: ColumnDefinition, figures: AggregateRow): Omit<ColumnProfile, 'topValues'> {
  const { name, type } = definition
  const [rows, count] = [Number(figures.rows), Number(figures.count)]
  const kind = kindOf(definition)
  return {
    name,
    type,
    count,
    nulls: rows - count,
    nullShare: rows === 0 ? 0 : (rows - count) / rows,
    distinct: Number(figures.distinct),
    min: figures.min ?? null,
    max: figures.max ?? null,
    ...(kind === 'number' && { numbers: numberFigures(figures) }),
    ...(kind === 'text' && { lengths: lengthFigures(figures) }),
  }
}

/** Returns whether the most frequent values of a type have a meaning. Those of JSON have none, because its texts are compared by character. */
export function hasTopValues(definition: ColumnDefinition): boolean {
  return kindOf(definition) !== 'document'
}

function numberFigures(figures: AggregateRow): NumberFigures {
  const quantiles = Object.fromEntries(Object.keys(QUANTILES).map((key) => [key, numberOrNull(figures[key])]))
  return {
    mean: numberOrNull(figures.mean),
    stddev: Number(figures.beyond ?? 0) > 0 ? null : numberOrNull(figures.stddev),
    quantiles: quantiles as unknown as Quantiles,
    notFinite: Number(figures.notFinite ?? 0),
  }
}

function lengthFigures({ shortest, longest, meanLength }: AggregateRow): LengthFigures {
  return { min: numberOrNull(shortest), max: numberOrNull(longest), mean: numberOrNull(meanLength) }
}

// One NaN would make every figure NaN, and the storages refuse deviations of values that are not finite.
function isFiniteIn({ name, type }: ColumnDefinition): { readonly where?: Predicate | undefined } {
  return type === 'double' || type === 'float' ? { where: eq(call('isFinite', name), true) } : {}
}

function kindOf({ type }: ColumnDefinition): Kind {
  return type === 'json' || isNested(type) ? 'document' : classOf(type)
}

type Kind = ReturnType<typeof classOf> | 'document'
