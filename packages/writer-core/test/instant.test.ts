import { isoFromDays, isoFromMicros, parseMicros } from '@forge/writer-core/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const DAY_MICROS = 86_400_000_000n

test('every 64-bit number of microseconds has a text, in the calendar that Date uses', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n) + 2n, max: 2n ** 63n - 2n }), (micros) => {
      const ms = micros >= 0n ? micros / 1000n : -((-micros + 999n) / 1000n)
      const [, year, rest] = /^([+-]?\d+)(-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)$/.exec(isoFromMicros(micros)) ?? []
      // The calendar repeats every 400 years of 146,097 days.
      const cycles = ms / (146_097n * 86_400_000n)
      const date = new Date(Number(ms - cycles * 146_097n * 86_400_000n))
      expect(Number(year)).toBe(date.getUTCFullYear() + Number(cycles) * 400)
      expect(rest?.slice(0, -4)).toBe(
        date
          .toISOString()
          .replace(/^[+-]?\d+/, '')
          .slice(0, -1),
      )
    }),
  )
})

test('days, far years and infinite times have the texts that engines use', () => {
  expect(isoFromMicros(0n)).toBe('1970-01-01T00:00:00.000000Z')
  expect(isoFromMicros(-1n)).toBe('1969-12-31T23:59:59.999999Z')
  expect(isoFromMicros(9_223_372_036_854_775_806n)).toBe('+294247-01-10T04:00:54.775806Z')
  expect(isoFromMicros(2n ** 63n - 1n)).toBe('infinity')
  expect(isoFromMicros(-(2n ** 63n - 1n))).toBe('-infinity')
  expect(isoFromDays(-719_529)).toBe('-000001-12-31')
  expect(isoFromDays(2_147_483_647)).toBe('infinity')
  expect(isoFromDays(200_000_000)).toBe('+549551-05-28')
  expect(parseMicros('2024-02-29T00:00:00Z')).toBe(19_782n * DAY_MICROS)
})
