import { DETECTORS, type DetectorFactory, newExtreme, robustZ, stuckValue } from '@forge/writer-anomaly/statistics'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const HOUR_MS = 3_600_000

const wave = (count: number) => Array.from({ length: count }, (_, i) => 100 + 10 * Math.sin(i / 5) + ((i * 7919) % 13))

const scoresOf = (make: DetectorFactory, values: readonly number[]) => {
  const detector = make()
  return values.map((value, i) => detector.update({ value, timeMs: i * HOUR_MS }))
}

for (const make of DETECTORS) {
  const { name } = make()

  test(`${name} goes on from its saved state as if nothing had happened`, () => {
    const value = fc.oneof(fc.double({ min: 0, max: 1 }), fc.integer({ min: 0, max: 50 }), fc.double())
    fc.assert(
      fc.property(fc.array(value, { maxLength: 120 }), fc.nat(120), (values, at) => {
        const all = [...wave(40), ...values]
        let detector = make()
        const scores = all.map((each, i) => {
          if (i === at) detector = make(JSON.parse(JSON.stringify(detector.save())))
          return detector.update({ value: each, timeMs: i * HOUR_MS })
        })
        expect(scores).toEqual(scoresOf(make, all))
        expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true)
      }),
      { numRuns: 20, seed: 1 },
    )
  })

  test(`${name} refuses the state of another version`, () => {
    expect(() => make({ ...make().save(), version: 99 })).toThrow(
      expect.objectContaining({ name: 'WriterConfigurationError' }),
    )
  })

  test(`${name} neither scores nor learns a value that is not finite`, () => {
    const detector = make()
    for (const value of wave(40)) detector.update({ value, timeMs: 0 })
    const before = detector.save()
    const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, undefined]
    for (const value of strange) expect(detector.update({ value: value as number, timeMs: 0 })).toBe(0)
    expect(detector.save()).toEqual(before)
  })

  test(`${name} remembers no more after many points than after some`, () => {
    const detector = make()
    const sizes = [3000, 3000].map((count) => {
      for (const [i, value] of wave(count).entries()) detector.update({ value, timeMs: i * HOUR_MS })
      return JSON.stringify(detector.save()).length
    })
    expect(sizes[1]).toBeLessThan(1.2 * (sizes[0] ?? 0))
    expect(sizes[1]).toBeLessThan(200_000)
  })

  test(`${name} survives the largest and the smallest numbers`, () => {
    const extremes = [0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 1e-300, 1e300]
    const values = Array.from({ length: 120 }, (_, i) => extremes[(i * 5) % extremes.length] ?? 0)
    expect(scoresOf(make, values).every((score) => score >= 0 && score <= 1)).toBe(true)
  })

  test(`${name} says nothing of a series that never changes`, () => {
    expect(Math.max(...scoresOf(make, new Array<number>(400).fill(0.5)))).toBeLessThan(0.5)
  })
}

test('the value that is judged is not part of its own baseline', () => {
  const detector = robustZ()
  for (const value of [10, 11, 10, 9, 10]) detector.update({ value, timeMs: 0 })
  expect(detector.update({ value: 1000, timeMs: 0 })).toBeGreaterThan(0.99)
})

test('a value inside the range that was seen is not a new extreme', () => {
  expect(scoresOf(newExtreme, [1, 2, 3, 4, 5, 6, 3]).at(-1)).toBe(0)
  expect(scoresOf(newExtreme, [1, 2, 3, 4, 5, 6, 60]).at(-1)).toBeGreaterThan(0.9)
})

test('a value is stuck only if it used to vary', () => {
  expect(scoresOf(stuckValue, [...wave(40), ...new Array<number>(10).fill(5)]).at(-1)).toBeGreaterThan(0.9)
  expect(Math.max(...scoresOf(stuckValue, new Array<number>(60).fill(5)))).toBeLessThan(0.5)
})
