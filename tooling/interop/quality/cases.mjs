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
 * What is judged twice: each rule that has a counterpart there, on rows with nulls, none at all, NaN, odd values, and shares at the edge of `mostly`.
 * `differs` says what the other verdict is, and why; `compared` which figures mean the same.
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
