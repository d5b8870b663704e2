import { many, TEXTS } from './data.mjs'

export const LENGTH = [
  ...[{ min: 1, max: 6 }, { min: 1 }, { max: 1 }, { min: 4, max: 4 }].flatMap(({ min, max }) =>
    many({
      rule: { rule: 'length', column: 'a', ...(min !== undefined && { min }), ...(max !== undefined && { max }) },
      expectation: ['ExpectColumnValueLengthsToBeBetween', { column: 'a', min_value: min, max_value: max }],
      columns: { a: 'string' },
      data: TEXTS,
    }),
  ),
]
