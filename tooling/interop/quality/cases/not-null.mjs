import { many, NAN_IS_MISSING, NUMBERS, TEXTS } from './data.mjs'

export const NOT_NULL = [
  ...many({
    rule: { rule: 'notNull', column: 'a' },
    expectation: ['ExpectColumnValuesToNotBeNull', { column: 'a' }],
    columns: { a: 'double' },
    data: NUMBERS,
    differs: { 'a NaN': { passed: false, failing: 1, because: NAN_IS_MISSING } },
  }),
  ...many({
    rule: { rule: 'notNull', column: 'a' },
    expectation: ['ExpectColumnValuesToNotBeNull', { column: 'a' }],
    columns: { a: 'string' },
    data: TEXTS,
  }),
]
