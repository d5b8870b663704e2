import {
  ageText,
  bytesText,
  changeText,
  countOf,
  countText,
  cutMiddle,
  durationText,
  firstLine,
  percentText,
  shortCount,
  visibleLine,
  visibleText,
} from '@forge/writer-core/text'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('figures', () => {
  test('what is not known is a dash, not 0', () => {
    for (const format of [countText, shortCount, durationText, percentText, bytesText]) {
      expect([null, undefined, Number.NaN, Number.POSITIVE_INFINITY].map(format)).toEqual(['–', '–', '–', '–'])
      expect(format(0)).toMatch(/^0/)
    }
    expect(ageText(null, '2026-01-01T00:00:00Z')).toBe('–')
    expect(changeText(null)).toBe('')
  })

  test('numbers have separators, and short ones a unit', () => {
    expect([1_234_567, -5, 2 ** 53].map(countText)).toEqual(['1,234,567', '-5', '9,007,199,254,740,992'])
    expect([9999, 12_345, 1_200_000, 3.4e12].map(shortCount)).toEqual(['9,999', '12.3 K', '1.2 M', '3.4 T'])
    expect([countOf(1, 'step', 'steps'), countOf(2000, 'step', 'steps')]).toEqual(['1 step', '2,000 steps'])
  })

  test('only all is 100 %, and only nothing is 0 %', () => {
    expect([100, 99.999, 97.456, 0.001, 0].map(percentText)).toEqual([
      '100 %',
      '> 99.99 %',
      '97.46 %',
      '< 0.01 %',
      '0 %',
    ])
  })

  test('a change is a share, or how many times as much', () => {
    expect([12.4, -30, 0.4, 750].map(changeText)).toEqual(['+12 %', '−30 %', '', '× 8.5'])
  })

  test('sizes never show 1000 of a unit', () => {
    expect([0, 999, 999.7, 1400, 999_960, 23_100_000, 5e17].map(bytesText)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.4 kB',
      '1.0 MB',
      '23.1 MB',
      '500.0 PB',
    ])
  })
})

describe('durations', () => {
  test('they have their natural unit', () => {
    expect([0.0042, 0.12, 12.34, 59.99, 125, 7320, 190_000, -3].map(durationText)).toEqual([
      '4.2 ms',
      '0.1 s',
      '12.3 s',
      '1 min 00 s',
      '2 min 05 s',
      '2 h 02 min',
      '2 d 5 h',
      '-3.0 s',
    ])
  })

  test('no unit reaches the next one, and longer ones never look shorter', () => {
    const limits: Readonly<Record<string, number>> = { ms: 1000, s: 60, min: 60, h: 48 }
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (seconds) => {
        for (const [, count, unit] of durationText(seconds).matchAll(/([\d.]+) (\w+)/g)) {
          expect(Number(count)).toBeLessThan(limits[String(unit)] ?? Number.POSITIVE_INFINITY)
        }
      }),
    )
    expect(durationText(3599.7)).toBe('1 h 00 min')
    expect(durationText(7199.9)).toBe('2 h 00 min')
    expect(durationText(48 * 3600 - 1)).toBe('2 d 0 h')
  })

  test('ages are in the past or in the future', () => {
    const now = '2026-03-02T12:00:00Z'
    expect(
      ['2026-03-02T11:59:50Z', '2026-03-02T11:00:00Z', '2026-02-20T12:00:00Z', '2026-03-02T14:00:00Z'].map((at) =>
        ageText(at, now),
      ),
    ).toEqual(['just now', '1 h ago', '10 d ago', 'in 2 h'])
  })
})

describe('texts of a log', () => {
  test('control characters, escapes and bidi marks become visible', () => {
    expect(visibleLine('a\u001b[31mred\u0007\u009b\r\n\t')).toBe('a\\x1b[31mred\\x07\\x9b\\r\\n\\t')
    expect(visibleLine('\u202egnp.exe\u2066\u200f\u2028\ufeff')).toBe('\\u202egnp.exe\\u2066\\u200f\\u2028\\ufeff')
    expect(visibleLine('lone \ud800 half, naïve 漢字 👩‍👩‍👧')).toBe('lone \\ud800 half, naïve 漢字 👩‍👩‍👧')
  })

  test('several lines stay lines, and a lone carriage return hides nothing', () => {
    expect(visibleText('one\r\ntwo\tthree\rfour\u0000')).toBe('one\ntwo\tthree\\rfour\\x00')
  })

  test('the first line is cut to its limit without breaking a character', () => {
    expect(firstLine('  \n first \r\nsecond')).toBe('first')
    expect(firstLine(null)).toBe('')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        expect([...firstLine(text, max)].length).toBeLessThanOrEqual(max)
        expect(firstLine(text, max)).not.toMatch(/\p{Surrogate}/u)
      }),
    )
  })

  test('a name that is cut keeps both of its ends', () => {
    expect(cutMiddle('a_long_name_of_a_step', 11)).toBe('a_long…step')
    expect(cutMiddle('short', 11)).toBe('short')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 90 }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        expect([...cutMiddle(text, max)].length).toBeLessThanOrEqual(max)
      }),
    )
  })
})
