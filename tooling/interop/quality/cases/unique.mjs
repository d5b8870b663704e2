import { ALL_FAIL, many } from './data.mjs'

export function uniqueRules() {
  const one = {
    'no rows': [],
    'only nulls': [[null], [null]],
    'all different': [['a'], ['b'], ['A'], ['a ']],
    'one twice': [['a'], ['a'], ['b'], [null], [null]],
    'one three times': [['a'], ['a'], ['a'], ['b']],
  }
  const two = {
    'no rows': [],
    'each column repeats, no pair does': [
      ['a', 'x'],
      ['a', 'y'],
      ['b', 'x'],
    ],
    'nulls in one column and both': [
      ['a', null],
      ['a', null],
      [null, null],
      [null, null],
      ['b', 'x'],
    ],
    'a pair twice': [
      ['a', 'x'],
      ['a', 'x'],
      ['b', 'x'],
    ],
  }
  const all = (failing) => ({ passed: false, failing, because: ALL_FAIL })
  const compound = (options) => ['ExpectCompoundColumnsToBeUnique', { column_list: ['a', 'b'], ...options }]
  return [
    ...many({
      rule: { rule: 'unique', columns: ['a'] },
      expectation: ['ExpectColumnValuesToBeUnique', { column: 'a' }],
      columns: { a: 'string' },
      data: one,
      differs: { 'one twice': all(2), 'one three times': all(3) },
    }),
    {
      name: 'unique: one twice, mostly 0.6',
      rule: { rule: 'unique', columns: ['a'], mostly: 0.6 },
      expectation: ['ExpectColumnValuesToBeUnique', { column: 'a', mostly: 0.6 }],
      columns: { a: 'string' },
      rows: one['one twice'],
      differs: all(2),
    },
    ...many({
      rule: { rule: 'unique', columns: ['a', 'b'] },
      expectation: compound({ ignore_row_if: 'any_value_is_missing' }),
      columns: { a: 'string', b: 'string' },
      data: two,
      differs: { 'a pair twice': all(2) },
    }),
    {
      name: 'unique: nulls in one column, with the default there',
      rule: { rule: 'unique', columns: ['a', 'b'] },
      expectation: compound({}),
      columns: { a: 'string', b: 'string' },
      rows: two['nulls in one column and both'],
      differs: { passed: false, checked: 3, failing: 2, because: 'by default a null in one column is a value there' },
    },
  ]
}
