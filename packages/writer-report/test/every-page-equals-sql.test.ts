// @module-tag many-cases
import { LONG_HOOK_MS } from '@forge/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant, itemsOf, ms } from './plain-sql.ts'
import { openSubject, SUBJECTS, type Subject } from './report-and-sql.ts'

const LEVELS = [{ pipeline: '*', minSuccessRatePercent: 95, maxDurationSecs: 3600 }]

describe.each(SUBJECTS)('%s', (_name, kind, setting) => {
  let subject: Subject
  beforeAll(async () => {
    subject = await openSubject(kind, setting, { levels: LEVELS })
  }, LONG_HOOK_MS)
  afterAll(() => subject?.close())

  test('Today: the state, the last run, the last success and the strip of each pipeline', async () => {
    const { model, ask } = subject
    const rows =
      await ask(`select pipeline_id as pipeline, list(run_id order by started desc nulls last, run_id)[1] as run,
        list(ok order by started desc nulls last, run_id)[1] as ok, list(failed order by started desc nulls last, run_id)[1] as failed,
        list(steps order by started desc nulls last, run_id)[1] as steps, list(secs order by started desc nulls last, run_id)[1] as secs,
        max(started) filter (where ok) as success, count(*) as runs,
        list(ok order by started desc nulls last, run_id)[1:30] as strip from timed group by 1 order by 1`)
    expect(model.pipelines.pipelines.map(({ pipeline }) => pipeline).toSorted()).toEqual(
      rows.map(({ pipeline }) => pipeline),
    )
    for (const { pipeline, run, ok, failed, steps, secs, success, runs, strip } of rows) {
      const state = model.pipelines.pipelines.find((each) => each.pipeline === pipeline)
      const outcomes = state?.strip.filter(({ outcome }) => outcome !== 'unknown') ?? []
      expect([state?.lastRun.runId, state?.lastRun.failedSteps, state?.lastRun.steps]).toEqual([run, failed, steps])
      if (state?.lastRun.outcome !== 'unknown') expect(state?.lastRun.outcome === 'succeeded').toBe(ok)
      if (secs !== null) expect(state?.lastRun.durationSecs).toBeCloseTo(Number(secs), 6)
      if (outcomes.length === state?.strip.length) {
        expect(ms(state?.lastSuccess?.startedAt)).toBe(success)
        expect(state?.strip.map(({ outcome }) => outcome === 'succeeded')).toEqual([...itemsOf(strip)].reverse())
      }
      expect(state?.strip).toHaveLength(Math.min(30, Number(runs)))
    }
  })

  test('Today and Failures: runs, failed runs, failed steps and days of the period', async () => {
    const { model, ask, now } = subject
    const { from, to } = model.about.period
    const within = `row_start >= ${instant(from)} and row_start < ${instant(to)}`
    const [totals] = await ask(`select count(*) filter (where success = false and phase <> 'pipeline'
        and status not in ('skipped', 'noop', 'cancelled', 'upstream_failed', 'lost', 'unknown')) as failed,
        count(distinct run_id) as runs from log where ${within}`)
    expect([model.failures.failedSteps, model.failures.runs]).toEqual([totals?.failed, totals?.runs])
    const inGroups = model.failures.groups.reduce((sum, { failedSteps }) => sum + failedSteps, 0)
    expect(inGroups + model.failures.otherFailedSteps).toBe(totals?.failed)
    for (const { failedSteps, days = [] } of model.failures.groups)
      expect(days.reduce((sum, day) => sum + day.failedSteps, 0)).toBeLessThanOrEqual(failedSteps)
    const first = new Date(Math.max(Date.parse(from ?? ''), Date.parse(to ?? '') - 92 * 86_400_000)).toISOString()
    const days =
      await ask(`select strftime(started, '%Y-%m-%d') as day, count(*) as runs, count(*) filter (where not ok) as failed
        from timed where started >= ${instant(first)} and started < ${instant(to)} group by 1 order by 1`)
    expect(model.days.map(({ day, runs, failedRuns }) => ({ day, runs, failed: failedRuns }))).toEqual(days)
    const [ran] = await ask(`select count(*) as runs from (select pipeline_id, run_id, min(run_start) as s,
        max(coalesce(end_time, run_ended_at)) as e from log group by all)
        where (s >= ${instant(now.toISOString())} - interval 24 hours and s < ${instant(now.toISOString())})
           or (s < ${instant(now.toISOString())} - interval 24 hours and e > ${instant(now.toISOString())} - interval 24 hours)`)
    expect(model.timeline.runs).toHaveLength(Number(ran?.runs))
  })

  test('Pipeline: the calendar, and the outcome and attempts of each step in each run', async () => {
    const { model, ask, now } = subject
    const today = now.toISOString()
    const days = await ask(`select pipeline_id as pipeline, strftime(started, '%Y-%m-%d') as day, count(*) as runs,
        count(*) filter (where not ok) as failed from timed
        where started >= ${instant(today)} + interval 1 millisecond - interval 372 days and started <= ${instant(today)} group by all`)
    const cells = await ask(`select pipeline_id, run_id, phase, step_name, ok, attempts from steps join (
        select pipeline_id, run_id, phase, step_name, count(distinct execution_id) as attempts from log group by all)
        using (pipeline_id, run_id, phase, step_name) where phase <> 'pipeline'`)
    const byDay = new Map(days.map((row) => [JSON.stringify([row.pipeline, row.day]), row]))
    const byCell = new Map(
      cells.map((row) => [JSON.stringify([row.pipeline_id, row.run_id, row.phase, row.step_name]), row]),
    )
    let [seenDays, seenCells] = [0, 0]
    for (const page of model.pipelinePages) {
      for (const { pipeline, day, runs, failedRuns } of page.days) {
        expect([runs, failedRuns]).toEqual([
          byDay.get(JSON.stringify([pipeline, day]))?.runs,
          byDay.get(JSON.stringify([pipeline, day]))?.failed,
        ])
        seenDays++
      }
      for (const { phase, step, cells: own } of page.grid.steps) {
        for (const [at, cell] of own.entries()) {
          const row = byCell.get(JSON.stringify([page.grid.pipeline, page.grid.runs[at]?.runId, phase, step]))
          expect(cell === null).toBe(row === undefined)
          if (!cell || !row) continue
          if (cell.success !== null) expect(cell.success).toBe(row.ok)
          expect(cell.attempts).toBe(Math.max(1, Number(row.attempts)))
          seenCells++
        }
      }
    }
    const shown = new Set(model.pipelinePages.map(({ state }) => state.pipeline))
    expect(seenDays).toBe(days.filter(({ pipeline }) => shown.has(String(pipeline))).length)
    expect(seenCells).toBeGreaterThan(20)
  })

  test('Run and Step: the steps, rows and outcome of each run that has a page, and the comparisons', async () => {
    const { model, ask } = subject
    expect(model.runPages.length).toBeGreaterThan(0)
    for (const { run, steps } of model.runPages) {
      const [row] = await ask(`select steps, failed, ok, started from timed where run_id = '${run.runId}'`)
      expect([steps.length, ms(run.startedAt)]).toEqual([row?.steps, row?.started])
      if (run.outcome !== 'unknown') expect(run.outcome === 'succeeded').toBe(row?.ok)
    }
    for (const { b, figures } of model.comparisons) {
      const view = model.runPages.find(({ run }) => run.runId === b.runId)
      expect(figures.steps.current).toBe(view?.steps.length)
      expect(figures.failedSteps.current).toBe(view?.steps.filter(({ success }) => success === false).length)
    }
  })

  test('Quality: validated steps, valid and invalid rows', async () => {
    const { model, ask } = subject
    const { from, to } = model.about.period
    const [row] = await ask(`select count(*) as steps, sum(valid_rows) as valid, sum(invalid_rows) as invalid,
        sum(validation_rate * rows_processed) / sum(rows_processed) as rate from log where phase <> 'pipeline'
        and row_start >= ${instant(from)} and row_start < ${instant(to)} and coalesce(step_type, '') <> 'test' and not rows_unknown
        and status not in ('skipped', 'noop', 'cancelled', 'upstream_failed', 'lost', 'unknown')`)
    const { quality } = model
    if (!quality.trendsAvailable) return expect(Number(row?.steps)).toBeLessThan(2)
    expect([quality.validatedSteps, quality.validRows, quality.invalidRows]).toEqual([
      row?.steps,
      Number(row?.valid ?? 0),
      Number(row?.invalid ?? 0),
    ])
    if (row?.rate === null) expect(quality.validationTrend.weightedRatePercent).toBeNull()
    else expect(quality.validationTrend.weightedRatePercent).toBeCloseTo(Number(row?.rate), 6)
    expect(model.verdicts.judgedWrites).toBe(0)
  })

  test('About: the rows of the table', async () => {
    const { model, ask, html } = subject
    const [row] = await ask('select count(*) as rows from log')
    expect(model.about.rows).toBe(row?.rows)
    expect(html).toContain(`${Number(row?.rows).toLocaleString('en-US')}, `)
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000)
  })
})
