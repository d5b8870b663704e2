import { at, many } from './data.mjs'

export const FRESHNESS = [
  ...many({
    rule: { rule: 'freshness', column: 'a', maxAgeSecs: 3600 },
    expectation: ['ExpectColumnMaxToBeBetween', { column: 'a', min_value: at(1) }],
    columns: { a: 'timestamp' },
    data: {
      'no rows': [],
      'only nulls': [[null]],
      'new enough': [[at(1)], [at(30)], [null]],
      'too old': [[at(2)], [at(30)]],
    },
    compared: ['passed'],
  }),
]
