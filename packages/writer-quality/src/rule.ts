import type {
  AggregateQuery,
  AggregateRow,
  ColumnDefinition,
  LogBatch,
  Measure,
  Predicate,
  RuleSeverity,
  Value,
} from '@forge/writer-core'

/**
 * A rule, which says what is expected of rows: plain data, created by the functions of `@forge/writer-quality/rules`, by `defineRule` or from a rule
 * file.
 */
export interface Rule<Column extends string = string> {
  /** The name, unique in a set of rules; results and `<table>_quality` identify the rule by it. */
  readonly name: string
  /** The kind, one of {@link RULE_KINDS} or `custom`. */
  readonly kind: string
  readonly columns: readonly Column[]
  /** The severity: only `error` decides; `warning` is reported. */
  readonly severity: RuleSeverity
  /** The minimum share of the judged rows that must pass for the rule to hold, 0-1. */
  readonly mostly: number
  /** Judges only rows that match. */
  readonly where?: Predicate | undefined
  readonly description: string
  readonly check: RowCheck | TableCheck
}

/** A check that judges each row alone. A row fails if `applies` is true and `passes` is false; it passes if `passes` is unknown. */
export interface RowCheck {
  readonly kind: 'row'
  /** The condition; a function if it depends on the types of the columns. */
  readonly passes: Predicate | ((columns: readonly ColumnDefinition[]) => Predicate)
  /** The condition of the rows that are judged. Default: every row. Most rules leave out rows with a null in their columns. */
  readonly applies?: Predicate | undefined
}

/** A check that judges all rows together, by figures that the storage computes. */
export interface TableCheck {
  readonly kind: 'table'
  /** The measures; a function if they depend on the columns or on the time of judgement. */
  readonly measures: readonly Measure[] | ((context: MeasureContext) => readonly Measure[])
  /** The query that is measured instead of the rows, such as groups. The rule's `where` is added to the innermost query. */
  readonly from?: AggregateQuery | undefined
  /** True to also put the figures of the stored table into the context, if the judged rows are not the stored ones. */
  readonly needsHistory?: boolean | undefined
  /** The groups of the figures, ordered by `orderBy`; without `groupBy` there is one row of figures. */
  readonly groupBy?: AggregateQuery['groupBy'] | undefined
  readonly orderBy?: AggregateQuery['orderBy'] | undefined
  readonly limit?: number | undefined
  judge(figures: readonly AggregateRow[], context: TableContext): TableVerdict
  /** The query for examples of failures; it runs only if the rule failed. */
  readonly examples?: AggregateQuery | undefined
  /** Returns the failing rows of a batch, so that they can be quarantined. Without it a failing rule stops the write. */
  failingRows?(batch: LogBatch): readonly number[]
}

/** The facts that are known before figures are computed. */
export interface MeasureContext {
  readonly columns: readonly ColumnDefinition[]
  readonly now: Date
}

export interface TableContext {
  readonly now: Date
  /** The figures of the stored table, see `needsHistory`; otherwise empty. */
  readonly history: readonly AggregateRow[]
  /** The minimum share that must pass, as the rule states it. */
  readonly mostly: number
}

export interface TableVerdict {
  readonly passed: boolean
  readonly observed: Value
  /** The number of judged rows, or groups. */
  readonly checkedRows: number
  /** The number of failing ones; 0 if no single row is the cause. */
  readonly failingRows: number
  /** False if there was nothing to judge by. Default: true, unless a rule that passed had no rows. */
  readonly isJudged?: boolean | undefined
  /** A remark for the reader, such as that rows were left out. */
  readonly note?: string | undefined
}

/** The options of every rule. */
export interface RuleOptions {
  /** The name of the rule. Default: its kind and columns. */
  readonly name?: string | undefined
  /** The severity. Default `error`. */
  readonly severity?: RuleSeverity | undefined
  /** Judges only rows that match. Default: all rows. */
  readonly where?: Predicate | undefined
  /** The description of the rule. Default: created from its options. */
  readonly description?: string | undefined
}

export interface RowRuleOptions extends RuleOptions {
  /** The minimum share of the judged rows that must pass, 0-1. Default 1. */
  readonly mostly?: number | undefined
}

/** Returns whether enough of what was judged passed; true if nothing was judged. */
export function isEnough(checked: number, failing: number, mostly: number): boolean {
  return checked === 0 || (checked - failing) / checked >= mostly
}
