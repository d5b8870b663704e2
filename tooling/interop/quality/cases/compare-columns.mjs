import { many } from './data.mjs'

const PAIRS = {
  'no rows': [],
  'in order, equal and not': [
    [1, 0],
    [1, 1],
    [0, 1],
  ],
  'nulls on one side and both': [
    [null, 1],
    [1, null],
    [null, null],
    [2, 1],
  ],
}
const EITHER = { ignore_row_if: 'either_value_is_missing' }
const pairOf = (name, options) => [name, { column_A: 'a', column_B: 'b', ...options }]

export const COMPARE_COLUMNS = [
  ...[
    ['>', pairOf('ExpectColumnPairValuesAToBeGreaterThanB', EITHER)],
    ['>=', pairOf('ExpectColumnPairValuesAToBeGreaterThanB', { or_equal: true, ...EITHER })],
    ['=', pairOf('ExpectColumnPairValuesToBeEqual', EITHER)],
  ].flatMap(([operator, expectation]) =>
    many({
      rule: { rule: 'compareColumns', column: 'a', operator, other: 'b' },
      expectation,
      columns: { a: 'int64', b: 'int64' },
      data: PAIRS,
    }),
  ),
  ...many({
    rule: { rule: 'compareColumns', column: 'a', operator: '>=', other: 'b' },
    expectation: pairOf('ExpectColumnPairValuesAToBeGreaterThanB', { or_equal: true }),
    columns: { a: 'double', b: 'double' },
    data: PAIRS,
    differs: {
      'nulls on one side and both': {
        passed: false,
        checked: 3,
        failing: 2,
        because: 'by default a null on one side fails there',
      },
    },
  }),
]
