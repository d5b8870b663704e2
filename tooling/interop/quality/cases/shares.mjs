/** The number of rows, how many of them fail, and the required share. */
const SHARES = [
  [2, 1, 0.5],
  [2, 1, 0.51],
  [3, 1, 2 / 3],
  [3, 1, 0.67],
  [7, 1, 6 / 7],
  [10, 1, 0.9],
  [10, 3, 0.7],
  [20, 1, 0.95],
  [100, 1, 0.99],
  [100, 1, 0.991],
  [5, 5, 0],
  [3, 0, 1],
]

export function shares() {
  const kinds = {
    range: [
      { rule: 'range', column: 'a', min: 0 },
      ['ExpectColumnValuesToBeBetween', { column: 'a', min_value: 0 }],
      { type: 'double', good: 1, bad: -1 },
    ],
    oneOf: [
      { rule: 'oneOf', column: 'a', values: ['x'] },
      ['ExpectColumnValuesToBeInSet', { column: 'a', value_set: ['x'] }],
      { type: 'string', good: 'x', bad: 'y' },
    ],
    matches: [
      { rule: 'matches', column: 'a', pattern: '^x' },
      ['ExpectColumnValuesToMatchRegex', { column: 'a', regex: '^x' }],
      { type: 'string', good: 'xy', bad: 'yx' },
    ],
    length: [
      { rule: 'length', column: 'a', min: 2 },
      ['ExpectColumnValueLengthsToBeBetween', { column: 'a', min_value: 2 }],
      { type: 'string', good: 'xy', bad: 'x' },
    ],
    notNull: [
      { rule: 'notNull', column: 'a' },
      ['ExpectColumnValuesToNotBeNull', { column: 'a' }],
      { type: 'string', good: 'x', bad: null },
    ],
  }
  return Object.entries(kinds).flatMap(([name, [rule, [kind, options], { type, good, bad }]]) =>
    SHARES.map(([rows, failing, mostly]) => ({
      name: `${name}: ${failing} of ${rows} fail, mostly ${mostly}`,
      rule: { ...rule, mostly },
      expectation: [kind, { ...options, mostly }],
      columns: { a: type },
      // Nulls that are not checked do not count.
      rows: [
        ...Array.from({ length: rows }, (_none, row) => [row < failing ? bad : good]),
        ...(bad === null ? [] : [[null], [null], [null]]),
      ],
    })),
  )
}
