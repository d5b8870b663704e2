import { type ColumnType, isDecimal } from '../column/column-type.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import { compareNatives, type Native } from '../predicate/native.ts'
import type { Measure } from './aggregate.ts'

/** Computes one figure of one group. `value` is the measure's expression in a row, `by` the expression that `argMax` and `argMin` compare. */
export interface Accumulator {
  add(value: Native, by?: Native): void
  result(): Native
}

/** Creates the accumulator of a measure; `type` is that of its figure. */
export function accumulator(measure: Measure, type: ColumnType): Accumulator {
  switch (measure.fn) {
    case 'count':
      return counting(measure.of !== undefined)
    case 'countDistinct':
      return distinct()
    case 'sum':
      return isDecimal(type) ? summingDecimals() : summing()
    case 'avg':
    case 'stddev':
    case 'variance':
      return moments(measure.fn)
    case 'min':
      return extreme(-1)
    case 'max':
      return extreme(1)
    case 'any':
      return deciding(true)
    case 'all':
      return deciding(false)
    case 'quantile':
      return sortedValues((values) => quantile(values, measure.q))
    case 'mad':
      return sortedValues(medianDeviation)
    case 'argMax':
      return argument(1)
    case 'argMin':
      return argument(-1)
  }
}

function counting(onlyValues: boolean): Accumulator {
  let count = 0
  return {
    add(value) {
      if (!onlyValues || value !== null) count++
    },
    result: () => count,
  }
}

function distinct(): Accumulator {
  // A Set treats NaN as equal to itself, and -0 as equal to 0.
  const seen = new Set<Native>()
  return {
    add(value) {
      if (value !== null) seen.add(value)
    },
    result: () => seen.size,
  }
}

/** Sums whole numbers exactly, and converts to a double at the end. */
function summing(): Accumulator {
  let [whole, beyond, rest, count] = [0, 0n, 0, 0]
  return {
    add(value) {
      if (value === null) return
      count++
      if (typeof value === 'bigint') beyond += value
      else if (!Number.isSafeInteger(value)) rest += Number(value)
      else if (Number.isSafeInteger(whole + Number(value))) whole += Number(value)
      else beyond += BigInt(value)
    },
    result: () => (count === 0 ? null : Number(beyond + BigInt(whole)) + rest),
  }
}

function summingDecimals(): Accumulator {
  let sum: bigint | null = null
  return {
    add(value) {
      if (value !== null) sum = (sum ?? 0n) + BigInt(value)
    },
    result() {
      if (sum !== null && BigInt.asIntN(128, sum) !== sum) {
        throw new WriterSchemaError('a sum of decimals has more than 128 bits', { committed: 'no' })
      }
      return sum
    },
  }
}

/** Implements Welford's method, which is stable even if the mean is large compared to the deviation. */
function moments(fn: 'avg' | 'stddev' | 'variance'): Accumulator {
  let [count, mean, squares, sum] = [0, 0, 0, 0]
  return {
    add(value) {
      if (value === null) return
      const number = Number(value)
      count++
      sum += number
      const delta = number - mean
      mean += delta / count
      squares += delta * (number - mean)
    },
    result() {
      if (fn === 'avg') return count === 0 ? null : sum / count
      if (count < 2) return null
      const variance = squares / (count - 1)
      if (Number.isFinite(variance)) return fn === 'variance' ? variance : Math.sqrt(variance)
      throw new WriterSchemaError(`${fn} of values that are not finite, or too far apart`, { committed: 'no' })
    },
  }
}

function extreme(sign: 1 | -1): Accumulator {
  let found: Native = null
  return {
    add(value) {
      if (value !== null && (found === null || sign * compareNatives(value, found) > 0)) found = value
    },
    result: () => found,
  }
}

function deciding(decisive: boolean): Accumulator {
  let result: boolean | null = null
  return {
    add(value) {
      if (value === decisive) result = decisive
      else if (value !== null && result === null) result = !decisive
    },
    result: () => result,
  }
}

function argument(sign: 1 | -1): Accumulator {
  let best: { readonly of: Native; readonly by: Native } | undefined
  return {
    add(of, by = null) {
      if (by !== null && (!best || sign * compareNatives(by, best.by) > 0)) best = { of, by }
    },
    result: () => best?.of ?? null,
  }
}

function sortedValues(figure: (values: readonly number[]) => number): Accumulator {
  const values: number[] = []
  return {
    add(value) {
      if (value !== null) values.push(Number(value))
    },
    result: () => (values.length === 0 ? null : figure(values.sort(compareNatives))),
  }
}

/** Interpolates linearly between the two nearest ranks of sorted values. */
function quantile(sorted: readonly number[], q: number): number {
  const rank = (sorted.length - 1) * q
  const low = sorted[Math.floor(rank)] ?? 0
  const high = sorted[Math.ceil(rank)] ?? 0
  const share = rank - Math.floor(rank)
  return share === 0 ? low : low * (1 - share) + high * share
}

function medianDeviation(sorted: readonly number[]): number {
  const median = quantile(sorted, 0.5)
  const deviations = sorted.map((value) => Math.abs(value - median)).sort(compareNatives)
  return quantile(deviations, 0.5)
}
