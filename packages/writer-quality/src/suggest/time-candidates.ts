import { column, type Expression, isNotNull } from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import { countText } from '@forge/writer-core/text'
import type { RowsToJudge } from '../judge/rows-to-judge.ts'
import type { ColumnProfile } from '../profile/column-profile.ts'
import type { Candidate } from './candidate.ts'

const MIN_DAYS = 7
const MIN_SHARE = 0.5
const MIN_GAPS = 10
const MAX_RUNS = 1000
const HOUR_SECS = 3600

/** Suggests, for columns that are sometimes null, the share of values that every day of the history had, less a margin. */
export async function completenessCandidates(
  rows: RowsToJudge,
  moment: Expression,
  profiles: readonly ColumnProfile[],
): Promise<Candidate[]> {
  const partial = profiles.filter(({ nulls, nullShare }) => nulls > 0 && nullShare <= 1 - MIN_SHARE)
  if (partial.length === 0) return []
  const days = await rows.aggregate({
    groupBy: [{ as: 'day', bucket: 'day', of: moment }],
    measures: [
      { as: 'rows', fn: 'count' },
      ...partial.map(({ name }, at) => ({ as: `c${at}`, fn: 'count', of: column(name) }) as const),
    ],
  })
  if (days.length < MIN_DAYS) return []
  return partial.flatMap(({ name, nullShare }, at) => {
    const worst = Math.min(...days.map((day) => Number(day[`c${at}`]) / Number(day.rows)))
    const min = Math.floor(worst * 95) / 100
    if (min < MIN_SHARE) return []
    const evidence = `${percent(1 - nullShare)} of the rows have a value, on the worst of ${days.length} days ${percent(worst)}`
    return [{ spec: { rule: 'completeness', column: name, min }, evidence }]
  })
}

/** Suggests the maximum age of the newest row: half again as long as the longest silence between the last 1000 runs. */
export async function freshnessCandidates(rows: RowsToJudge): Promise<Candidate[]> {
  const isThere = (name: string) => findColumn(name, rows.columns) !== undefined
  if (!isThere('created_at') || !isThere('run_id')) return []
  const runs = await rows.aggregate({
    where: isNotNull('created_at'),
    groupBy: [{ as: 'run', by: column('run_id') }],
    measures: [{ as: 'at', fn: 'max', of: column('created_at') }],
    orderBy: [{ column: 'at', descending: true }],
    limit: MAX_RUNS,
  })
  const times = runs.map(({ at }) => Date.parse(String(at)) / 1000)
  const gaps = times.slice(1).map((time, index) => (times[index] ?? time) - time)
  const longest = Math.max(...gaps)
  // Runs that were recorded together, as by an import, do not show how often runs come.
  if (gaps.length < MIN_GAPS || longest < HOUR_SECS / 4) return []
  const hours = Math.ceil((longest * 1.5) / HOUR_SECS)
  const evidence = `the longest time between ${countText(runs.length)} runs was ${(longest / HOUR_SECS).toFixed(1)} hours`
  return [
    { spec: { rule: 'freshness', column: 'created_at', maxAgeSecs: hours * HOUR_SECS, severity: 'warning' }, evidence },
  ]
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`
}
