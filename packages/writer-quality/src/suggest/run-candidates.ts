import { type AggregateRow, and, column, isNotNull, ne, type Predicate } from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import { countText } from '@forge/writer-core/text'
import type { RowsToJudge } from '../judge/rows-to-judge.ts'
import { type Candidate, equals, MIN_ROWS } from './candidate.ts'
import { shortly } from './column-candidates.ts'
import { boundsAround } from './margins.ts'

const MAX_PIPELINES = 50
const MAX_STEPS = 50
const LONGEST_NAME = 100
const MIN_RUNS = 10
const NEEDED = ['run_id', 'pipeline_id', 'phase', 'step_name', 'rows_processed']

/**
 * Suggests rules on runs: the steps that all runs of a pipeline have, and the rows that each step processes. It suggests none if the table is not a
 * log.
 */
export async function runCandidates(rows: RowsToJudge, maxFailingShare: number): Promise<Candidate[]> {
  if (!NEEDED.every((name) => findColumn(name, rows.columns) !== undefined)) return []
  const pipelines = await rows.aggregate({
    groupBy: [{ as: 'pipeline', by: column('pipeline_id') }],
    measures: [{ as: 'runs', fn: 'countDistinct', of: column('run_id') }],
    orderBy: [{ column: 'runs', descending: true }, { column: 'pipeline' }],
    limit: MAX_PIPELINES,
  })
  const steps = await rows.aggregate({
    where: isStep,
    groupBy: [
      { as: 'pipeline', by: column('pipeline_id') },
      { as: 'step', by: column('step_name') },
    ],
    measures: [{ as: 'runs', fn: 'countDistinct', of: column('run_id') }, ...STEP_FIGURES],
    orderBy: [{ column: 'rows', descending: true }, { column: 'pipeline' }, { column: 'step' }],
    limit: MAX_PIPELINES * MAX_STEPS,
  })
  const named = steps.filter(({ pipeline, step }) => isShort(pipeline) && isShort(step))
  return [
    ...pipelines.flatMap((each) => expectedSteps(each, named, maxFailingShare)),
    ...named.slice(0, MAX_STEPS).flatMap(rowsOfStep),
  ]
}

/** Matches steps, not the row of the whole run. */
const isStep: Predicate = and(isNotNull('step_name'), ne('phase', 'pipeline'))

const processed = column('rows_processed')
const STEP_FIGURES = [
  { as: 'rows', fn: 'count', of: processed },
  { as: 'min', fn: 'min', of: processed },
  { as: 'max', fn: 'max', of: processed },
  { as: 'p01', fn: 'quantile', of: processed, q: 0.01 },
  { as: 'p99', fn: 'quantile', of: processed, q: 0.99 },
] as const

function expectedSteps(
  { pipeline, runs }: AggregateRow,
  steps: readonly AggregateRow[],
  maxFailingShare: number,
): Candidate[] {
  const total = Number(runs)
  if (total < MIN_RUNS || typeof pipeline !== 'string') return []
  const always = steps.filter((each) => each.pipeline === pipeline && 1 - Number(each.runs) / total <= maxFailingShare)
  if (always.length === 0) return []
  return [
    {
      spec: {
        rule: 'expectedSteps',
        name: `steps of ${pipeline}`,
        steps: always.slice(0, 200).map(({ step }) => String(step)),
        where: equals('pipeline_id', pipeline),
        severity: 'warning',
      },
      evidence: `in ${countText(Math.min(...always.map((each) => Number(each.runs))))} of ${countText(total)} runs or more`,
    },
  ]
}

function rowsOfStep({ pipeline, step, rows, min, max, p01, p99 }: AggregateRow): Candidate[] {
  const seen = { min: Number(min), max: Number(max), p01: Number(p01), p99: Number(p99) }
  if (Number(rows) < MIN_ROWS || seen.min === seen.max || seen.max > Number.MAX_SAFE_INTEGER) return []
  const name = `rows of ${pipeline} ${step}`
  const evidence = `${shortly(seen.min)} to ${shortly(seen.max)} rows in ${countText(Number(rows))} records of the step, 98 % of them ${shortly(seen.p01)} to ${shortly(seen.p99)}`
  return boundsAround(seen, { min: 0 }).map((bounds) => ({
    spec: {
      rule: 'range',
      name,
      column: 'rows_processed',
      min: Math.floor(bounds.min),
      max: Math.ceil(bounds.max),
      where: `${equals('pipeline_id', String(pipeline))} AND ${equals('step_name', String(step))}`,
      severity: 'warning',
    },
    evidence,
    purpose: name,
  }))
}

function isShort(value: unknown): boolean {
  return typeof value === 'string' && value.length <= LONGEST_NAME
}
