import { many, NAN_IS_MISSING, NUMBERS, TEXTS } from './data.mjs'

export const ONE_OF = [
  ...many({
    rule: { rule: 'oneOf', column: 'a', values: ['bronze', 'silver', 'gold'] },
    expectation: ['ExpectColumnValuesToBeInSet', { column: 'a', value_set: ['bronze', 'silver', 'gold'] }],
    columns: { a: 'string' },
    data: TEXTS,
  }),
  ...many({
    rule: { rule: 'oneOf', column: 'a', values: [0, 1, 5] },
    expectation: ['ExpectColumnValuesToBeInSet', { column: 'a', value_set: [0, 1, 5] }],
    columns: { a: 'double' },
    data: NUMBERS,
    differs: { 'a NaN': { passed: true, checked: 2, failing: 0, because: NAN_IS_MISSING } },
  }),
]
