// @module-tag many-cases
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generateSummaryReport } from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'
import { plainSql } from './plain-sql.ts'
import { randomRows } from './random-logs.ts'

const AT = 'coalesce(start_time, run_started_at, end_time, created_at)'
const FROM = "timestamptz '2024-05-16 12:00:00.001Z'"
const TO = "timestamptz '2024-06-15 12:00:00.001Z'"
const PERIOD = `${AT} >= ${FROM} and ${AT} < ${TO}`
const RAN = `coalesce((metadata->>'$.status'), '') not in ('skipped', 'noop', 'cancelled', 'upstream_failed', 'lost')`
const KNOWN = `${RAN} and (metadata->>'$.rows_unknown') is null`
const onlyIf = (measure: string, condition: string) => `${measure} filter (where ${condition})`
const STEP_FIGURES = `
  count(*) as steps,
  ${onlyIf('count(*)', `not success and ${RAN}`)} as "failedSteps",
  ${onlyIf('count(*)', `not (${RAN})`)} as "skippedSteps",
  ${onlyIf('avg(duration_secs)', RAN)} as mean,
  ${onlyIf('max(duration_secs)', RAN)} as max,
  ${onlyIf('quantile_cont(duration_secs, 0.5)', RAN)} as p50,
  ${onlyIf('quantile_cont(duration_secs, 0.95)', RAN)} as p95,
  ${onlyIf('quantile_cont(duration_secs, 0.99)', RAN)} as p99,
  coalesce(sum(rows_processed), 0)::double as "rowsProcessed",
  coalesce(sum(rows_written), 0)::double as "rowsWritten",
  ${onlyIf('sum(rows_processed)', KNOWN)} / nullif(${onlyIf('sum(duration_secs)', KNOWN)}, 0) as "rowsPerSecond",
  ${onlyIf('sum(validation_rate * rows_processed)', `${KNOWN} and step_type <> 'test'`)}
    / nullif(${onlyIf('sum(rows_processed)', `${KNOWN} and step_type <> 'test'`)}, 0) as "validationRate"`
/** Selects whether each step of each run succeeded: by its last attempt, all of whose rows must have. */
const OUTCOMES = `
  select run_id, pipeline_id, run_mode, phase, step_name, bool_and(ok) as ok from (
    select *, rank() over (partition by run_id, pipeline_id, run_mode, phase, step_name order by last desc) as place from (
      select run_id, pipeline_id, run_mode, phase, step_name, execution_id, bool_and(success) as ok, max(${AT}) as last
      from log where ${PERIOD} group by all))
  where place = 1 group by all`
const KEYS = {
  phase: 'phase',
  pipeline: 'pipeline_id as pipeline',
  step: 'pipeline_id as pipeline, phase, step_name as step',
  mode: 'run_mode as mode',
} as const

onEveryStorage((open) => {
  test('a summary equals plain SQL over the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(randomRows, async (rows) => {
        await using log = await open()
        await using sql = await plainSql(rows)
        await log.write(rows)
        const report = await generateSummaryReport(log.source, { days: 30, now, top: 100 })
        const [runs] = await sql.rows(`
          select count(*) as runs, count(*) filter (where not ok) as failed from (
            select coalesce(bool_and(ok) filter (where phase <> 'pipeline'), bool_and(ok)) as ok
            from (${OUTCOMES}) group by run_id)`)
        expect(report.reportAvailable).toBe(Number(runs?.runs) > 0)
        expect([report.totalExecutions, report.failedExecutions]).toEqual([runs?.runs, runs?.failed])
        if (!report.reportAvailable) return
        const [steps] = await sql.rows(`select ${STEP_FIGURES} from log where ${PERIOD} and phase <> 'pipeline'`)
        expectAlike(flat({ ...report, ...RENAMED(report) }), steps)
        for (const [dimension, keys] of Object.entries(KEYS)) {
          const names = keys.split(', ').map((key) => key.replace(/^.* as /, ''))
          const expected = await sql.rows(`
            select ${keys}, count(distinct run_id) as runs,
              count(distinct run_id) filter (where not ok) as "failedRuns", ${STEP_FIGURES}
            from (from log where ${PERIOD}) join (${OUTCOMES}) using (run_id, pipeline_id, run_mode, phase, step_name) where ${PERIOD} and phase <> 'pipeline' group by ${names.map((_, at) => at + 1).join(', ')}
            order by steps desc, ${names.map((_, at) => at + 1).join(', ')}`)
          const groups = report.breakdowns[dimension as keyof typeof KEYS] ?? []
          expect(groups).toHaveLength(expected.length)
          for (const [at, group] of groups.entries()) expectAlike(flat(group), expected[at])
        }
        const failed = await sql.rows(`
          select regexp_replace(error_message, '[0-9]+', '<n>') as message, count(*) as steps
          from log where ${PERIOD} and phase <> 'pipeline' and not success and ${RAN} group by 1 order by 2 desc, 1`)
        expect(report.failures.groups.map(({ message, failedSteps }) => ({ message, steps: failedSteps }))).toEqual(
          failed,
        )
      }),
      { numRuns: 12 },
    )
  })
})

const RENAMED = (report: Awaited<ReturnType<typeof generateSummaryReport>>) => ({
  steps: report.totalSteps,
  rowsProcessed: report.totalRowsProcessed,
  rowsWritten: report.totalRowsWritten,
})

function flat(figures: object): Record<string, unknown> {
  const { durations = {}, ...rest } = figures as { durations?: object }
  return { ...rest, ...durations }
}

/** Each column of the SQL, as near as sums in another order are. */
function expectAlike(
  figures: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>> | undefined,
) {
  for (const [name, value] of Object.entries(expected ?? {})) {
    if (typeof value === 'number') {
      const difference = Math.abs(Number(figures[name]) - value)
      expect(difference / Math.max(1, Math.abs(value)), `${name}: ${figures[name]} and ${value}`).toBeLessThan(1e-9)
    } else expect(figures[name], name).toEqual(value)
  }
}
