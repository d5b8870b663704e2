import type { RuleKind } from '../rule-kind.ts'
import { CHANGE } from './change.ts'
import { COMPARE_COLUMNS } from './compare-columns.ts'
import { COMPLETENESS } from './completeness.ts'
import { EXPECTED_STEPS } from './expected-steps.ts'
import { EXPRESSION } from './expression.ts'
import { FRESHNESS } from './freshness.ts'
import { LENGTH } from './length.ts'
import { MATCHES } from './matches.ts'
import { MEAN } from './mean.ts'
import { NOT_NULL } from './not-null.ts'
import { ONE_OF } from './one-of.ts'
import { QUANTILE } from './quantile.ts'
import { RANGE } from './range.ts'
import { ROW_COUNT } from './row-count.ts'
import { SUM } from './sum.ts'
import { TYPE } from './type.ts'
import { UNIQUE } from './unique.ts'

/** All kinds of rules that a rule file can name. */
export const RULE_KINDS: ReadonlyMap<string, RuleKind> = new Map(
  [
    NOT_NULL,
    UNIQUE,
    RANGE,
    ONE_OF,
    MATCHES,
    LENGTH,
    TYPE,
    COMPARE_COLUMNS,
    ROW_COUNT,
    COMPLETENESS,
    FRESHNESS,
    SUM,
    MEAN,
    QUANTILE,
    CHANGE,
    EXPECTED_STEPS,
    EXPRESSION,
  ].map((kind) => [kind.kind, kind]),
)
