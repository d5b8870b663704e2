import { at, INTEGERS, many, NAN_IS_MISSING, NUMBERS } from './data.mjs'

export const RANGE = [
  ...['double', 'int64'].flatMap((type) =>
    many({
      rule: { rule: 'range', column: 'a', min: 0, max: 10 },
      expectation: ['ExpectColumnValuesToBeBetween', { column: 'a', min_value: 0, max_value: 10 }],
      columns: { a: type },
      data: type === 'double' ? NUMBERS : INTEGERS,
      differs: { 'a NaN': { passed: true, checked: 2, failing: 0, because: NAN_IS_MISSING } },
    }),
  ),
  ...many({
    rule: { rule: 'range', column: 'a', min: 0 },
    expectation: ['ExpectColumnValuesToBeBetween', { column: 'a', min_value: 0 }],
    columns: { a: 'int64' },
    data: INTEGERS,
  }),
  ...many({
    rule: { rule: 'range', column: 'a', max: 9007199254740992n },
    expectation: ['ExpectColumnValuesToBeBetween', { column: 'a', max_value: 9007199254740992n }],
    columns: { a: 'int64' },
    data: INTEGERS,
  }),
  ...many({
    rule: { rule: 'range', column: 'a', min: at(2), max: at(1) },
    expectation: ['ExpectColumnValuesToBeBetween', { column: 'a', min_value: at(2), max_value: at(1) }],
    columns: { a: 'timestamp' },
    data: { 'no rows': [], 'times and nulls': [[at(2)], [at(1)], [at(0)], [null]] },
  }),
]
