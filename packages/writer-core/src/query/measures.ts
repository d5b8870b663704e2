import { compareNatives, type Native, nativeKey } from '../predicate/native.ts'
import type { Measure } from './aggregate.ts'

/** Collects one figure of one group. `values` are those of the measure's expressions in a row. */
export interface Accumulator {
  add(values: readonly Native[]): void
  result(): Native
}

export function accumulator(measure: Measure): Accumulator {
  switch (measure.fn) {
    case 'count':
      return counting(measure.of !== undefined)
    case 'countDistinct':
      return distinct()
    case 'sum':
      return summing()
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
    add([value = null]) {
      if (!onlyValues || value !== null) count++
    },
    result: () => count,
  }
}

function distinct(): Accumulator {
  const seen = new Set<string>()
  return {
    add(values) {
      if (values.includes(null)) return
      seen.add(values.length === 1 ? nativeKey(values[0] ?? null) : JSON.stringify(values.map(nativeKey)))
    },
    result: () => seen.size,
  }
}

/** Whole numbers are added exactly, and become a double at the end. */
function summing(): Accumulator {
  let [whole, rest, count] = [0n, 0, 0]
  return {
    add([value = null]) {
      if (value === null) return
      count++
      if (typeof value === 'bigint') whole += value
      else if (Number.isSafeInteger(value)) whole += BigInt(Number(value))
      else rest += Number(value)
    },
    result: () => (count === 0 ? null : Number(whole) + rest),
  }
}

/** Welford's method: stable also where the mean is large beside the deviation. */
function moments(fn: 'avg' | 'stddev' | 'variance'): Accumulator {
  let [count, mean, squares, sum] = [0, 0, 0, 0]
  return {
    add([value = null]) {
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
      return fn === 'variance' ? squares / (count - 1) : Math.sqrt(squares / (count - 1))
    },
  }
}

function extreme(sign: 1 | -1): Accumulator {
  let found: Native = null
  return {
    add([value = null]) {
      if (value !== null && (found === null || sign * compareNatives(value, found) > 0)) found = value
    },
    result: () => found,
  }
}

function deciding(decisive: boolean): Accumulator {
  let result: boolean | null = null
  return {
    add([value = null]) {
      if (value === decisive) result = decisive
      else if (value !== null && result === null) result = !decisive
    },
    result: () => result,
  }
}

function argument(sign: 1 | -1): Accumulator {
  let best: { readonly of: Native; readonly by: Native } | undefined
  return {
    add([of = null, by = null]) {
      if (by !== null && (!best || sign * compareNatives(by, best.by) > 0)) best = { of, by }
    },
    result: () => best?.of ?? null,
  }
}

function sortedValues(figure: (values: readonly number[]) => number): Accumulator {
  const values: number[] = []
  return {
    add([value = null]) {
      if (value !== null) values.push(Number(value))
    },
    result: () => (values.length === 0 ? null : figure(values.sort(compareNatives))),
  }
}

/** Linear between the two nearest ranks, of sorted values. */
function quantile(sorted: readonly number[], q: number): number {
  const rank = (sorted.length - 1) * q
  const low = sorted[Math.floor(rank)] ?? 0
  const high = sorted[Math.ceil(rank)] ?? 0
  const share = rank - Math.floor(rank)
  return share === 0 ? low : low + (high - low) * share
}

function medianDeviation(sorted: readonly number[]): number {
  const median = quantile(sorted, 0.5)
  const deviations = sorted.map((value) => Math.abs(value - median)).sort(compareNatives)
  return quantile(deviations, 0.5)
}
