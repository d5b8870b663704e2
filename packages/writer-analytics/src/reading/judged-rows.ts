import {
  type AggregateQuery,
  and,
  column,
  type Expression,
  eq,
  type GroupKey,
  gt,
  gte,
  isNotNull,
  isNull,
  isUnknownOutcome,
  jsonField,
  literal,
  type Measure,
  ne,
  not,
  or,
  type Predicate,
} from '@forge/writer-core'
import type { LogReading } from './log-reading.ts'
import type { LogTraits } from './log-traits.ts'
import { isStep } from './step-rows.ts'

/** The rows that decide the outcomes of runs: the rows themselves, or the last attempt of each step if runs have several attempts. */
export interface JudgedRows {
  /** The condition of the rows of the log. */
  readonly chosen: Predicate
  readonly rows: Pick<AggregateQuery, 'from' | 'where'>
  /** An expression that is true if the row, or the step, did not fail. */
  readonly ok: Expression
  /** Matches rows, or steps, whose outcome is unknown. Undefined if the log has no such row. */
  readonly isUnknown: Predicate | undefined
  /** Matches the rows that decide whether a run failed: its steps, and its own row if that stands for steps that cannot be read. */
  readonly decides: Predicate
  readonly startedAt: Expression
  /** The start of the run of the row, or of the step. */
  readonly runStartedAt: Expression
  /** The measure that counts the rows of the log. */
  readonly counted: Measure
  /** Returns the rows that decide the outcomes of the runs of fewer rows. */
  readonly within: (where: Predicate) => JudgedRows
}

/** The rows from which all runs are judged, and those for runs by their steps alone. */
export interface Judged {
  readonly all: JudgedRows
  readonly steps: JudgedRows
}

export const COUNTED_ROWS = 'countedRows'

/**
 * Reads the rows that decide the outcomes of runs. Each attempt has its own `execution_id`. The attempt of a step that started last decides whether
 * the step failed; if several started together, one that failed decides. An attempt succeeded if all of its rows did.
 */
export async function judgedRows(reading: LogReading, where: Predicate): Promise<Judged> {
  const { traits } = reading
  const judge = (traits?.hasAttempts ?? (await hasAttempts(reading, where))) ? byLastAttempt : byRow
  const exceptions = traits ? exceptionsBy(traits) : await exceptionsOf(reading, where)
  return {
    all: judge(reading, where, exceptions),
    steps: judge(reading, and(isStep, where), exceptions),
  }
}

/** The conditions for rare rows. Conditions on metadata cost as much as the rest of a query, so only logs with such rows pay for them. */
interface Exceptions {
  readonly isUnknown: Predicate | undefined
  /** Matches rows of runs that stand for steps that cannot be read. */
  readonly isUnread: Predicate | undefined
}

type Judge = (reading: LogReading, where: Predicate, exceptions: Exceptions) => JudgedRows

const byRow: Judge = (reading, where, exceptions) => {
  const { startedAt, runStartedAt } = reading
  const { isUnknown, isUnread } = exceptions
  return {
    chosen: where,
    rows: { where },
    ok: isUnknown ? choose(isUnknown, literal(true), column('success')) : column('success'),
    isUnknown,
    decides: isUnread ? or(isStep, isUnread) : isStep,
    startedAt,
    runStartedAt,
    counted: { as: COUNTED_ROWS, fn: 'count' },
    within: (fewer) => byRow(reading, and(where, fewer), exceptions),
  }
}

const byLastAttempt: Judge = (reading, where, exceptions) => {
  return {
    chosen: where,
    rows: { from: outcomes(reading, where, exceptions) },
    ok: choose(lastAttemptFailed, literal(false), literal(true)),
    isUnknown: exceptions.isUnknown && lastAttemptUnknown,
    decides: exceptions.isUnread ? or(isStep, gt('unreadRows', 0)) : isStep,
    startedAt: column('firstStart'),
    runStartedAt: column('firstRunStart'),
    counted: { as: COUNTED_ROWS, fn: 'sum', of: column('rows') },
    within: (fewer) => byLastAttempt(reading, and(where, fewer), exceptions),
  }
}

function choose(when: Predicate, chosen: Expression, otherwise: Expression): Expression {
  // biome-ignore lint/suspicious/noThenProperty: a case of an expression, which nothing awaits
  return { kind: 'case', when, then: chosen, else: otherwise }
}

/** Matches rows of runs that stand for steps that cannot be read. */
export const isUnreadRow: Predicate = isNotNull(jsonField('metadata', 'rejected_results'))

async function exceptionsOf({ reader, hasColumn }: LogReading, where: Predicate): Promise<Exceptions> {
  if (!hasColumn('metadata')) return { isUnknown: undefined, isUnread: undefined }
  const [found = {}] = await reader.aggregate({
    where: and(eq('success', false), where),
    measures: [
      { as: 'unknown', fn: 'count', where: isUnknownOutcome },
      { as: 'unread', fn: 'count', where: isUnreadRow },
    ],
  })
  return exceptionsBy({
    hasUnknownOutcomes: Number(found.unknown ?? 0) > 0,
    hasUnreadSteps: Number(found.unread ?? 0) > 0,
  })
}

function exceptionsBy({
  hasUnknownOutcomes,
  hasUnreadSteps,
}: Pick<LogTraits, 'hasUnknownOutcomes' | 'hasUnreadSteps'>): Exceptions {
  return {
    isUnknown: hasUnknownOutcomes ? isUnknownOutcome : undefined,
    isUnread: hasUnreadSteps ? isUnreadRow : undefined,
  }
}

/** Returns whether a run under the condition has several execution ids. */
export async function hasAttempts({ reader, hasColumn }: LogReading, where: Predicate): Promise<boolean> {
  if (!hasColumn('execution_id')) return false
  const [found] = await reader.aggregate({
    from: {
      where,
      groupBy: [{ as: 'run', by: column('run_id') }],
      measures: [
        { as: 'least', fn: 'min', of: column('execution_id') },
        { as: 'greatest', fn: 'max', of: column('execution_id') },
      ],
    },
    measures: [{ as: 'runs', fn: 'count', where: ne('least', column('greatest')) }],
  })
  return Number(found?.runs ?? 0) > 0
}

const STEP: readonly GroupKey[] = ['run_id', 'pipeline_id', 'run_mode', 'phase', 'step_name'].map((name) => ({
  as: name,
  by: column(name),
}))

/** One row for each step of each run, under the names of the log's columns. */
function outcomes(
  { startedAt, runStartedAt }: LogReading,
  where: Predicate,
  { isUnknown, isUnread }: Exceptions,
): AggregateQuery {
  const known = isUnknown ? { where: not(isUnknown) } : {}
  return {
    from: {
      where,
      groupBy: [...STEP, { as: 'execution_id', by: column('execution_id') }],
      measures: [
        { as: 'ok', fn: 'all', of: column('success'), ...known },
        { as: 'first', fn: 'min', of: startedAt },
        { as: 'last', fn: 'max', of: startedAt },
        { as: 'runStart', fn: 'min', of: runStartedAt },
        { as: 'rowsOfAttempt', fn: 'count' },
        ...(isUnread ? [{ as: 'unreadOfAttempt', fn: 'count', where: isUnread } as const] : []),
      ],
    },
    groupBy: STEP,
    measures: [
      { as: 'failedAttempts', fn: 'count', where: eq('ok', false) },
      { as: 'goodAttempts', fn: 'count', where: eq('ok', true) },
      { as: 'lastFailed', fn: 'max', of: column('last'), where: eq('ok', false) },
      { as: 'lastGood', fn: 'max', of: column('last'), where: eq('ok', true) },
      { as: 'lastUnknown', fn: 'max', of: column('last'), where: isNull('ok') },
      { as: 'firstStart', fn: 'min', of: column('first') },
      { as: 'firstRunStart', fn: 'min', of: column('runStart') },
      { as: 'rows', fn: 'sum', of: column('rowsOfAttempt') },
      ...(isUnread ? [{ as: 'unreadRows', fn: 'sum', of: column('unreadOfAttempt') } as const] : []),
    ],
  }
}

const lastAttemptFailed = and(
  gt('failedAttempts', 0),
  or(eq('goodAttempts', 0), isNull('lastFailed'), isNull('lastGood'), gte('lastFailed', column('lastGood'))),
)

/** Matches a step that did not fail, and whose unknown attempt is later than every known one. */
const lastAttemptUnknown = and(
  not(lastAttemptFailed),
  or(eq('goodAttempts', 0), and(isNotNull('lastUnknown'), gte('lastUnknown', column('lastGood')))),
)
