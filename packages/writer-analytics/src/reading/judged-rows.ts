import {
  type AggregateQuery,
  and,
  column,
  type Expression,
  eq,
  type GroupKey,
  gt,
  gte,
  isNull,
  literal,
  type Measure,
  ne,
  or,
  type Predicate,
} from '@forge/writer-core'
import type { LogReading } from './log-reading.ts'
import { isStep } from './step-rows.ts'

/** What runs are judged from: the rows themselves, or the last attempt of each step where runs have several. */
export interface JudgedRows {
  readonly rows: Pick<AggregateQuery, 'from' | 'where'>
  /** Whether the row, or the step, succeeded. */
  readonly ok: Expression
  readonly startedAt: Expression
  /** How many rows of the log these are. */
  readonly counted: Measure
}

/** What all runs are judged from, and what runs are by their steps alone. */
export interface Judged {
  readonly all: JudgedRows
  readonly steps: JudgedRows
}

export const COUNTED_ROWS = 'countedRows'

/**
 * Attempts are told apart by `execution_id`. Of each step the attempt that started last decides whether it failed, and of attempts that started together
 * one that failed; all rows of an attempt must have succeeded.
 */
export async function judgedRows(reading: LogReading, where: Predicate): Promise<Judged> {
  const judge = (await hasAttempts(reading, where)) ? byLastAttempt : byRow
  return { all: judge(reading, where), steps: judge(reading, and(isStep, where)) }
}

function byRow({ startedAt }: LogReading, where: Predicate): JudgedRows {
  return { rows: { where }, ok: column('success'), startedAt, counted: { as: COUNTED_ROWS, fn: 'count' } }
}

function byLastAttempt(reading: LogReading, where: Predicate): JudgedRows {
  return {
    rows: { from: outcomes(reading, where) },
    // biome-ignore lint/suspicious/noThenProperty: a case of an expression, which nothing awaits
    ok: { kind: 'case', when: lastAttemptFailed, then: literal(false), else: literal(true) },
    startedAt: column('firstStart'),
    counted: { as: COUNTED_ROWS, fn: 'sum', of: column('rows') },
  }
}

async function hasAttempts({ reader, hasColumn }: LogReading, where: Predicate): Promise<boolean> {
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
function outcomes({ startedAt }: LogReading, where: Predicate): AggregateQuery {
  return {
    from: {
      where,
      groupBy: [...STEP, { as: 'execution_id', by: column('execution_id') }],
      measures: [
        { as: 'ok', fn: 'all', of: column('success') },
        { as: 'first', fn: 'min', of: startedAt },
        { as: 'last', fn: 'max', of: startedAt },
        { as: 'rowsOfAttempt', fn: 'count' },
      ],
    },
    groupBy: STEP,
    measures: [
      { as: 'failedAttempts', fn: 'count', where: eq('ok', false) },
      { as: 'goodAttempts', fn: 'count', where: eq('ok', true) },
      { as: 'lastFailed', fn: 'max', of: column('last'), where: eq('ok', false) },
      { as: 'lastGood', fn: 'max', of: column('last'), where: eq('ok', true) },
      { as: 'firstStart', fn: 'min', of: column('first') },
      { as: 'rows', fn: 'sum', of: column('rowsOfAttempt') },
    ],
  }
}

const lastAttemptFailed = and(
  gt('failedAttempts', 0),
  or(eq('goodAttempts', 0), isNull('lastFailed'), isNull('lastGood'), gte('lastFailed', column('lastGood'))),
)
