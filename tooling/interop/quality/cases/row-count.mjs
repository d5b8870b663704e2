import { many, TEXTS } from './data.mjs'

export const ROW_COUNT = [
  ...[{ min: 1 }, { max: 1 }, { min: 0, max: 3 }].flatMap(({ min, max }) =>
    many({
      rule: { rule: 'rowCount', ...(min !== undefined && { min }), ...(max !== undefined && { max }) },
      expectation: ['ExpectTableRowCountToBeBetween', { min_value: min, max_value: max }],
      columns: { a: 'string' },
      data: TEXTS,
    }),
  ),
]
