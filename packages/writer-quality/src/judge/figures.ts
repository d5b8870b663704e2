import { setImmediate } from 'node:timers/promises'
import {
  type AggregateRow,
  and,
  column,
  type LogBatch,
  literal,
  type Measure,
  or,
  type Predicate,
} from '@forge/writer-core'
import { evaluatePredicate, vectorOf } from '@forge/writer-core/storage'
import { type BoundRowRule, type BoundRule, isRowRule, notNullColumn } from './bind-rules.ts'
import type { RowsToJudge } from './rows-to-judge.ts'

/**
 * Reads the counts of all rules as one row: `rows`; `invalid`, the rows that fail a rule of severity `error`; and by the position of the rule `c0`
 * the judged and `f0` the failing rows, and `t0_…` the measures of a rule on the table if these are computed from the rows themselves.
 */
export async function ruleFigures(bound: readonly BoundRule[], rows: RowsToJudge): Promise<AggregateRow> {
  const ofTable = bound.flatMap((each, at) => (isAskedWithOthers(each) ? tableMeasures(each, at) : []))
  if (rows.parts) {
    const counted = await countRows(bound, rows.parts())
    const [figures = {}] = ofTable.length > 0 ? await rows.aggregate({ measures: ofTable }) : []
    return { ...counted, ...figures }
  }
  const [figures = {}] = await rows.aggregate({ measures: [...rowMeasures(bound), ...ofTable] })
  return figures
}

/** Returns whether the figures of the rule are among those of {@link ruleFigures}, from the same scan. */
export function isAskedWithOthers(bound: BoundRule): boolean {
  return bound.kind === 'table' && !bound.check.from && !bound.check.groupBy
}

/** Returns the figures of a rule on the table, under their own names. */
export function figuresOf(bound: BoundRule, at: number, figures: AggregateRow): AggregateRow {
  if (bound.kind !== 'table') return {}
  return Object.fromEntries(bound.check.measures.map(({ as }) => [as, figures[`t${at}_${as}`] ?? null]))
}

/** Returns the condition of the rows that fail a rule of severity `error`. */
function invalidRows(bound: readonly BoundRule[]): Predicate {
  return or(...errorRules(bound).map(({ fails }) => fails))
}

function errorRules(bound: readonly BoundRule[]): BoundRowRule[] {
  return bound.filter(isRowRule).filter(({ rule }) => rule.severity === 'error')
}

function rowMeasures(bound: readonly BoundRule[]): Measure[] {
  return [
    { as: 'rows', fn: 'count' },
    countMeasure('invalid', invalidRows(bound)),
    ...bound.flatMap((each, at): Measure[] =>
      isRowRule(each) ? [countMeasure(`c${at}`, each.judged), countMeasure(`f${at}`, each.fails)] : [],
    ),
  ]
}

/**
 * Returns a measure that counts the rows that match the predicate in the way that is fastest for engines: by values of an expression, without a
 * filter for each.
 */
function countMeasure(as: string, predicate: Predicate): Measure {
  const name = notNullColumn(predicate)
  if (predicate.op === 'true') return { as, fn: 'count' }
  if (name !== undefined) return { as, fn: 'count', of: column(name) }
  // biome-ignore lint/suspicious/noThenProperty: it is a part of the expression, which nothing awaits
  return { as, fn: 'count', of: { kind: 'case', when: predicate, then: literal(true), else: literal(null) } }
}

function tableMeasures(bound: BoundRule, at: number): Measure[] {
  if (bound.kind !== 'table') return []
  const { where } = bound.rule
  return bound.check.measures.map((measure) => {
    const both = where && measure.where ? and(where, measure.where) : (where ?? measure.where)
    return { ...measure, as: `t${at}_${measure.as}`, where: both }
  })
}

async function countRows(bound: readonly BoundRule[], parts: Iterable<LogBatch>): Promise<AggregateRow> {
  const figures = new Map<string, number>([
    ['rows', 0],
    ['invalid', 0],
  ])
  const add = (name: string, count: number) => figures.set(name, (figures.get(name) ?? 0) + count)
  for (const part of parts) {
    add('rows', part.rowCount)
    const isInvalid = new Uint8Array(part.rowCount)
    for (const [at, each] of bound.entries()) {
      if (!isRowRule(each)) continue
      const fails = evaluatePredicate(each.fails, part)
      const failing = trueRows(fails)
      add(`c${at}`, takesAll(each.judged, part) ? part.rowCount : trueRows(evaluatePredicate(each.judged, part)))
      add(`f${at}`, failing)
      if (failing === 0 || each.rule.severity !== 'error') continue
      for (let row = 0; row < fails.length; row++) if (fails[row] === 1) isInvalid[row] = 1
    }
    add('invalid', trueRows(isInvalid))
    // Many rows take seconds, so the loop yields to other work in between.
    await setImmediate()
  }
  return Object.fromEntries(figures)
}

/** Returns whether the predicate only requires that columns without nulls are not null. */
function takesAll(predicate: Predicate, batch: LogBatch): boolean {
  if (predicate.op === 'true') return true
  if (predicate.op === 'and') return predicate.args.every((arg) => takesAll(arg, batch))
  const name = notNullColumn(predicate)
  return name !== undefined && vectorOf(batch, name)?.validity === null
}

function trueRows(truths: Uint8Array): number {
  let count = 0
  for (let row = 0; row < truths.length; row++) if (truths[row] === 1) count++
  return count
}
