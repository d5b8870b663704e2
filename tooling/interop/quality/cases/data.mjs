// Rows that several rules are tested with, and reasons for which several of them differ.
export const NUMBERS = {
  'no rows': [],
  'only nulls': [[null], [null]],
  'values and nulls': [[1], [null], [5], [11], [-1]],
  'both ends': [[0], [10]],
  infinities: [[1], [Infinity], [-Infinity]],
  'the smallest and the greatest double': [[Number.MAX_VALUE], [Number.MIN_VALUE], [-0]],
  'a NaN': [[1], [NaN], [5]],
}
export const INTEGERS = {
  'no rows': [],
  'only nulls': [[null]],
  'values and nulls': [[0], [null], [10], [11]],
  'integers beyond 2^53': [[9007199254740993n], [-9007199254740993n], [3]],
}
export const TEXTS = {
  'no rows': [],
  'only nulls': [[null], [null]],
  'texts and nulls': [['bronze'], [null], ['silver'], ['x']],
  'the empty text': [[''], [' '], ['gold']],
  'other letters': [['𝄞'], ['é'], ['GOLD'], ['go\nld']],
}
export const FIGURES = {
  'no rows': [],
  'only nulls': [[null], [null]],
  'within the bounds': [[1], [null], [2]],
  'on a bound': [[4], [null]],
  'out of bounds': [[5], [6], [null]],
  'an infinity': [[1], [Infinity]],
  'a NaN': [[1], [NaN], [3]],
}
export const NAN_IS_MISSING = 'pandas takes NaN for missing'
export const ALL_FAIL = 'every row of a repeated key fails there'
export const NO_VALUES_FAIL = 'a figure over no values fails there'
export const at = (hours) => new Date(Date.UTC(2024, 0, 2) - hours * 3_600_000)

/** Returns one case for each of the named lists of rows. */
export function many({ data, differs = {}, ...common }) {
  const { rule } = common
  const options = Object.entries(rule).filter(([key]) => !['rule', 'column', 'columns'].includes(key))
  const settings = options
    .map(([key, value]) => `${key} ${value instanceof Date ? value.toISOString() : value}`)
    .join(' ')
  return Object.entries(data).map(([name, rows]) => ({
    ...common,
    name: `${[rule.rule, settings].filter(Boolean).join(' ')}: ${name}`,
    rows,
    ...(differs[name] && { differs: differs[name] }),
  }))
}
