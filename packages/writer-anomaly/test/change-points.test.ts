import { findChangePoints } from '@forge/writer-anomaly/statistics'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pelt } from '../src/statistics/change-points/pelt.ts'
import { squaredResiduals } from '../src/statistics/change-points/residuals.ts'

/** Deviations of a standard normal, the same each time. */
function noise(count: number, seed = 1): number[] {
  let state = seed
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  for (let i = 0; i < 5; i += 1) uniform()
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()))
}

const levels = (heights: readonly number[], each: number, seed?: number) =>
  noise(heights.length * each, seed).map((z, i) => (heights[Math.floor(i / each)] ?? 0) + z)

describe('findChangePoints', () => {
  test('finds the changes of the level', () => {
    expect(findChangePoints(levels([0, 6, 2], 40)).indices).toEqual([40, 80])
  })

  test('finds the change of the spread', () => {
    const values = noise(120, 11).map((z, i) => (i < 60 ? z : 8 * z))
    const { indices } = findChangePoints(values)
    expect(indices).toHaveLength(1)
    expect(Math.abs((indices[0] ?? 0) - 60)).toBeLessThanOrEqual(5)
  })

  test('finds the change of the slope', () => {
    const values = noise(120, 3).map((z, i) => 0.5 * z + (i < 60 ? i / 4 : 30 - i / 4))
    const { indices, model } = findChangePoints(values)
    expect(model).toBe('line')
    expect(indices).toHaveLength(1)
    expect(Math.abs((indices[0] ?? 0) - 60)).toBeLessThanOrEqual(5)
  })

  test('finds nothing in noise, a steady trend or a constant', () => {
    expect(findChangePoints(noise(200, 9)).indices).toEqual([])
    expect(findChangePoints(noise(200, 9).map((z, i) => z + i / 10)).indices).toEqual([])
    expect(findChangePoints(new Array<number>(50).fill(0.1)).indices).toEqual([])
  })

  test('does not take an outlier for a change', () => {
    const values = noise(100, 4)
    values[50] = 40
    expect(findChangePoints(values).indices).toEqual([])
  })

  test('does not cut noise that lasts into levels', () => {
    let last = 0
    const values = noise(300, 8).map((z) => {
      last = 0.9 * last + z
      return last
    })
    const result = findChangePoints(values)
    expect(result.autocorrelation).toBeGreaterThan(0.5)
    expect(result.indices.length).toBeLessThanOrEqual(1)
  })

  test('ignores values that are not finite, and returns indices of the given series', () => {
    const values = levels([0, 8], 40)
    values.splice(10, 0, Number.NaN, Number.POSITIVE_INFINITY)
    expect(findChangePoints(values).indices).toEqual([42])
  })

  test('gives the same for a series that is scaled and moved', () => {
    const values = levels([0, 5, 1], 30, 6)
    expect(findChangePoints(values.map((value) => 1e6 + 1e3 * value)).indices).toEqual(findChangePoints(values).indices)
  })

  test('gives fewer changes for a larger penalty', () => {
    const values = levels([0, 2, 0, 2], 25, 2)
    expect(findChangePoints(values, { penalty: 50 }).indices).toEqual([])
    expect(findChangePoints(values).indices.length).toBeGreaterThan(0)
  })

  test('says nothing of a series too short for two segments', () => {
    expect(findChangePoints([]).indices).toEqual([])
    expect(findChangePoints([1, 2, 3, 100, 101, 102]).indices).toEqual([])
    expect(findChangePoints([1, 1.1, 1, 9, 9.1, 9], { minLength: 3, penalty: 0.1 }).indices).toEqual([3])
  })

  test('refuses options out of range', () => {
    for (const options of [{ minLength: 1 }, { minLength: 2.5 }, { penalty: 0 }, { penalty: Number.NaN }]) {
      expect(() => findChangePoints([1, 2, 3], options)).toThrow(
        expect.objectContaining({ name: 'WriterConfigurationError' }),
      )
    }
  })
})

test('pelt finds the partition that costs least of all partitions', () => {
  const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 30 })
  fc.assert(
    fc.property(
      values,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 40 }),
      (series, minLength, penalty) => {
        fc.pre(series.length >= minLength)
        const cost = squaredResiduals(series, 'level')
        const total = (starts: readonly number[]) => {
          const bounds = [0, ...starts, series.length]
          return bounds.slice(1).reduce((sum, end, i) => sum + cost(bounds[i] ?? 0, end), penalty * starts.length)
        }
        const least = [-penalty]
        for (let end = 1; end <= series.length; end += 1) {
          const totals = least.map((before, start) =>
            end - start < minLength ? Infinity : before + cost(start, end) + penalty,
          )
          least.push(Math.min(...totals))
        }
        expect(total(pelt(series.length, cost, { penalty, minLength }))).toBeCloseTo(least.at(-1) ?? 0, 6)
      },
    ),
    { numRuns: 300, seed: 1 },
  )
})
