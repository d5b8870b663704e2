import { DETECTORS, newExtreme, robustZ, stuckValue } from '@forge/writer-anomaly'
import { expect, test } from 'vitest'
import { logTail, scoreOfZ } from '../src/detectors/tail.ts'

const wave = (count: number) => Array.from({ length: count }, (_, i) => 100 + 10 * Math.sin(i / 5) + ((i * 7919) % 13))

for (const make of DETECTORS) {
  const { name } = make()

  test(`${name} goes on from its saved state as if nothing had happened`, () => {
    const whole = make()
    const values = [...wave(150), 900, ...wave(50)]
    const expected = values.map((value, i) => whole.update({ value, timeMs: i * 60_000 }))
    let parted = make()
    const actual = values.map((value, i) => {
      parted = make(JSON.parse(JSON.stringify(parted.save())))
      return parted.update({ value, timeMs: i * 60_000 })
    })
    expect(actual).toEqual(expected)
    expect(Math.max(...actual)).toBeGreaterThan(0)
    expect(actual.every((score) => score >= 0 && score <= 1)).toBe(true)
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
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(detector.update({ value, timeMs: 0 })).toBe(0)
    expect(detector.save()).toEqual(before)
  })
}

test('the value that is judged is not part of its own baseline', () => {
  const detector = robustZ()
  for (const value of [10, 11, 10, 9, 10]) detector.update({ value, timeMs: 0 })
  expect(detector.update({ value: 1000, timeMs: 0 })).toBeGreaterThan(0.99)
})

test('a value inside what was seen is no new extreme', () => {
  const detector = newExtreme()
  for (const value of [1, 2, 3, 4, 5, 6]) detector.update({ value, timeMs: 0 })
  expect(detector.update({ value: 3, timeMs: 0 })).toBe(0)
  expect(detector.update({ value: 60, timeMs: 0 })).toBeGreaterThan(0.9)
})

test('a value is stuck only where it used to vary', () => {
  const varying = stuckValue()
  for (const value of wave(40)) varying.update({ value, timeMs: 0 })
  const constant = stuckValue()
  const stuck = Array.from({ length: 10 }, () => varying.update({ value: 5, timeMs: 0 }))
  const usual = Array.from({ length: 60 }, () => constant.update({ value: 5, timeMs: 0 }))
  expect(stuck.at(-1)).toBeGreaterThan(0.9)
  expect(Math.max(...usual)).toBeLessThan(0.5)
})

test('the tail of the normal distribution goes on falling where a table would stop', () => {
  expect(logTail(1.959964)).toBeCloseTo(Math.log10(0.05), 5)
  expect(logTail(8)).toBeCloseTo(Math.log10(1.2441921148543e-15), 3)
  expect(scoreOfZ(3.890592)).toBeCloseTo(0.9, 4)
})
