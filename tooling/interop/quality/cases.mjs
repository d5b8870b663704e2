import { COMPARE_COLUMNS } from './cases/compare-columns.mjs'
import { COMPLETENESS } from './cases/completeness.mjs'
import { EXPECTED_STEPS } from './cases/expected-steps.mjs'
import { FIGURE_RULES } from './cases/figures.mjs'
import { FRESHNESS } from './cases/freshness.mjs'
import { LENGTH } from './cases/length.mjs'
import { MATCHES } from './cases/matches.mjs'
import { NOT_NULL } from './cases/not-null.mjs'
import { ONE_OF } from './cases/one-of.mjs'
import { RANGE } from './cases/range.mjs'
import { ROW_COUNT } from './cases/row-count.mjs'
import { shares } from './cases/shares.mjs'
import { kinds } from './cases/type.mjs'
import { uniqueRules } from './cases/unique.mjs'
import { conditions } from './cases/where.mjs'

/**
 * The cases that both judge: each rule with a counterpart there, on rows with nulls, no rows, NaN, odd values, and shares at the limit of `mostly`.
 * `differs` holds the other verdict and the reason, `compared` the figures that mean the same.
 */
export const CASES = [
  ...NOT_NULL,
  ...RANGE,
  ...ONE_OF,
  ...MATCHES,
  ...LENGTH,
  ...COMPARE_COLUMNS,
  ...shares(),
  ...uniqueRules(),
  ...ROW_COUNT,
  ...COMPLETENESS,
  ...FIGURE_RULES,
  ...FRESHNESS,
  ...EXPECTED_STEPS,
  ...conditions(),
  ...kinds(),
]
