import { many, NO_VALUES_FAIL, TEXTS } from './data.mjs'

const NONE = { passed: false, because: NO_VALUES_FAIL }

export const COMPLETENESS = [
  ...[0, 0.5, 0.75, 1].flatMap((min) =>
    many({
      rule: { rule: 'completeness', column: 'a', min },
      expectation: ['ExpectColumnProportionOfNonNullValuesToBeBetween', { column: 'a', min_value: min }],
      columns: { a: 'string' },
      data: TEXTS,
      differs:
        min === 0 ? { 'no rows': { observed: 0, because: NO_VALUES_FAIL } } : { 'no rows': { ...NONE, observed: 0 } },
    }),
  ),
]
