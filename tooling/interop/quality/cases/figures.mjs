import { FIGURES, many, NAN_IS_MISSING, NO_VALUES_FAIL } from './data.mjs'

const NONE = { passed: false, because: NO_VALUES_FAIL }

const figure = (kind, rule, [expectation, options = {}], differs = {}) =>
  many({
    rule: { rule: kind, column: 'a', min: 0, max: 4, ...rule },
    expectation: [expectation, { column: 'a', min_value: 0, max_value: 4, ...options }],
    columns: { a: 'double' },
    data: FIGURES,
    differs: { 'no rows': NONE, 'only nulls': NONE, ...differs },
  })
const nan = (observed) => ({ 'a NaN': { passed: true, observed, because: NAN_IS_MISSING } })

export const FIGURE_RULES = [
  ...figure('sum', {}, ['ExpectColumnSumToBeBetween'], {
    ...nan(4),
    'no rows': { observed: 0, because: NO_VALUES_FAIL },
    'only nulls': { observed: 0, because: NO_VALUES_FAIL },
  }),
  {
    name: 'sum: only nulls, at least 1',
    rule: { rule: 'sum', column: 'a', min: 1 },
    expectation: ['ExpectColumnSumToBeBetween', { column: 'a', min_value: 1 }],
    columns: { a: 'double' },
    rows: [[null]],
    differs: { ...NONE, observed: 0 },
  },
  ...figure('mean', {}, ['ExpectColumnMeanToBeBetween'], nan(2)),
  ...figure('quantile', { q: 0.5 }, ['ExpectColumnMedianToBeBetween'], nan(2)),
  {
    name: 'quantile: between two values',
    rule: { rule: 'quantile', column: 'a', q: 0.25, min: 1, max: 2 },
    expectation: [
      'ExpectColumnQuantileValuesToBeBetween',
      { column: 'a', quantile_ranges: { quantiles: [0.25], value_ranges: [[1, 2]] } },
    ],
    columns: { a: 'double' },
    rows: [[1], [2], [5], [6]],
    differs: { observed: 2, because: 'there it returns the nearest value' },
  },
]
