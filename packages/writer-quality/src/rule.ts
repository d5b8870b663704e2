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

/** What is expected of rows: plain data, made by the factories in `rules/`, by `defineRule` or from a rule file. */
export interface Rule<Column extends string = string> {
  /** Unique in a set of rules; results and `<table>_quality` speak of the rule by it. */
  readonly name: string
  /** The kind, one of {@link RULE_KINDS} or `custom`. */
  readonly kind: string
  readonly columns: readonly Column[]
  /** The severity: only `error` decides; `warning` is reported. */
  readonly severity: RuleSeverity
  /** Least share of the judged rows that must pass for the rule to hold, 0-1. */
  readonly mostly: number
  /** Only rows that fulfil it are judged. */
  readonly where?: Predicate | undefined
  readonly description: string
  readonly check: RowCheck | TableCheck
}

/** Judges each row alone. A row fails if `applies` is true and `passes` is false; it passes if `passes` is unknown. */
export interface RowCheck {
  readonly kind: 'row'
  /** The condition; a function if it depends on the types of the columns. */
  readonly passes: Predicate | ((columns: readonly ColumnDefinition[]) => Predicate)
  /** Default: every row. Most rules leave out rows with a null in their columns. */
  readonly applies?: Predicate | undefined
}

/** Judges all rows together, by figures that every storage computes itself. */
export interface TableCheck {
  readonly kind: 'table'
  /** A function when they depend on the columns or on the time of judgement. */
  readonly measures: readonly Measure[] | ((context: MeasureContext) => readonly Measure[])
  /** What is measured instead of the rows, such as groups. The rule's `where` is put into the innermost query. */
  readonly from?: AggregateQuery | undefined
  /** True to also put the figures of the stored table into the context, if the judged rows are not the stored ones. */
  readonly needsHistory?: boolean | undefined
  /** Largest first by `orderBy`; without `groupBy` there is one row of figures. */
  readonly groupBy?: AggregateQuery['groupBy'] | undefined
  readonly orderBy?: AggregateQuery['orderBy'] | undefined
  readonly limit?: number | undefined
  judge(figures: readonly AggregateRow[], context: TableContext): TableVerdict
  /** The query for examples of what failed; asked only if the rule failed. */
  readonly examples?: AggregateQuery | undefined
  /** Which rows of a batch are to blame, so that they can be put into quarantine. Without it a failing rule stops the write. */
  failingRows?(batch: LogBatch): readonly number[]
}

/** What is known before figures are taken. */
export interface MeasureContext {
  readonly columns: readonly ColumnDefinition[]
  readonly now: Date
}

export interface TableContext {
  readonly now: Date
  /** Figures of the stored table: see `needsHistory`. Empty otherwise. */
  readonly history: readonly AggregateRow[]
  /** The share that must pass, as the rule states it. */
  readonly mostly: number
}

export interface TableVerdict {
  readonly passed: boolean
  readonly observed: Value
  /** Rows, or groups, that were judged. */
  readonly checkedRows: number
  /** How many of them failed; 0 if no single row can be blamed. */
  readonly failingRows: number
  /** False when there was nothing to judge by. Default: true unless a rule that passed had no rows. */
  readonly isJudged?: boolean | undefined
  /** A remark for the reader, such as that rows were left out. */
  readonly note?: string | undefined
}

/** What every rule can be given. */
export interface RuleOptions {
  /** Default: made of the rule's kind and columns. */
  readonly name?: string | undefined
  /** Default `error`. */
  readonly severity?: RuleSeverity | undefined
  /** Only rows that fulfil it are judged. Default: all rows. */
  readonly where?: Predicate | undefined
  /** Default: made of the rule's options. */
  readonly description?: string | undefined
}

export interface RowRuleOptions extends RuleOptions {
  /** Least share of the judged rows that must pass, 0-1. Default 1. */
  readonly mostly?: number | undefined
}

/** Returns whether enough of what was judged passed; true if nothing was judged. */
export function isEnough(checked: number, failing: number, mostly: number): boolean {
  return checked === 0 || (checked - failing) / checked >= mostly
}
