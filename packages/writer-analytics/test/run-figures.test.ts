// @module-tag many-cases
import type { LogRowInput } from '@forge/writer-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findLastGoodRun, listPipelines, listRuns, type RunFacts, readRunGrid, viewRun } from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'
import { plainSql } from './plain-sql.ts'
import { randomRows } from './random-logs.ts'

const AT = 'coalesce(start_time, run_started_at, end_time, created_at)'
const RUN_START = 'coalesce(run_started_at, start_time, end_time, created_at)'
/** Selects whether each step of each run succeeded: by its last attempt, all of whose rows must have. */
const OUTCOMES = `
  select run_id, pipeline_id, run_mode, phase, step_name, bool_and(attempt_ok) as step_ok from (
    select *, rank() over (partition by run_id, pipeline_id, run_mode, phase, step_name order by last desc) as place from (
      select run_id, pipeline_id, run_mode, phase, step_name, execution_id, bool_and(success) as attempt_ok, max(${AT}) as last
      from log group by all))
  where place = 1 group by all`
const RUNS = `
  select pipeline_id as pipeline, run_id as run, any_value(run_start) as started,
    coalesce(bool_and(step_ok) filter (where phase <> 'pipeline'), bool_and(step_ok)) as ok,
    count(distinct (phase, step_name)) filter (where phase <> 'pipeline') as steps,
    count(distinct (phase, step_name)) filter (where phase <> 'pipeline' and not step_ok) as failed
  from (${OUTCOMES}) join (select run_id, pipeline_id, min(${RUN_START}) as run_start from log group by all)
    using (run_id, pipeline_id) group by 1, 2`
const NEWEST = 'order by started desc nulls last, run, pipeline'

/** Shrinking on a Delta table takes minutes, so the first counterexample is shown. */
const RUNS_OF_TEST = { numRuns: 6, endOnFailure: true }

/** One run under one mode, so that a run has one pipeline and mode as recorded ones have. */
function oneModeARun(rows: readonly LogRowInput[]): LogRowInput[] {
  return rows.map((row) => ({ ...row, run_mode: 'incremental', pipeline_id: pipelineOf(String(row.run_id)) }))
}

function pipelineOf(runId: string): string {
  return ['orders', 'customers', 'événements'][Number(runId.slice(4)) % 3] ?? 'orders'
}

async function allPages(list: (after: string | undefined) => ReturnType<typeof listRuns>): Promise<RunFacts[]> {
  const runs: RunFacts[] = []
  let after: string | undefined
  do {
    const page = await list(after)
    runs.push(...page.runs)
    after = page.next ?? undefined
  } while (after !== undefined)
  return runs
}

onEveryStorage((open) => {
  test('the pages of runs equal plain SQL over the same rows, whatever their size', async () => {
    await fc.assert(
      fc.asyncProperty(randomRows, fc.integer({ min: 1, max: 5 }), async (rows, limit) => {
        await using log = await open()
        await using sql = await plainSql(rows)
        await log.write(rows)
        const runs = await allPages((after) => listRuns(log.source, { limit, after }))
        const expected = await sql.rows(`select * from (${RUNS}) ${NEWEST}`)
        expect(
          runs.map((run) => [run.pipeline, run.runId, Date.parse(run.startedAt ?? ''), run.steps, run.failedSteps]),
        ).toEqual(expected.map(({ pipeline, run, started, steps, failed }) => [pipeline, run, started, steps, failed]))
        expect(runs.map(({ outcome }) => outcome)).toEqual(expected.map(({ ok }) => (ok ? 'succeeded' : 'failed')))
        const failed = await allPages((after) => listRuns(log.source, { limit, after, outcomes: ['failed'] }))
        expect(failed.map(({ runId }) => runId)).toEqual(expected.filter(({ ok }) => !ok).map(({ run }) => run))
        const rowsOf = await sql.rows(`
          select pipeline_id as pipeline, run_id as run, sum(rows_written)::double as written,
            sum(rows_processed) filter (where (metadata->>'$.rows_unknown') is null
              and coalesce((metadata->>'$.status'), '') not in ('skipped', 'upstream_failed'))::double as processed
          from log where phase <> 'pipeline' group by all`)
        for (const { pipeline, run, written, processed } of rowsOf) {
          const facts = runs.find((each) => each.pipeline === pipeline && each.runId === run)
          expect([facts?.rowsWritten, facts?.rowsProcessed]).toEqual([written, processed])
        }
      }),
      RUNS_OF_TEST,
    )
  })

  test('the runs of a window are those that overlap it, and equal plain SQL', async () => {
    await fc.assert(
      fc.asyncProperty(randomRows, fc.integer({ min: 0, max: 40 }), async (rows, daysAgo) => {
        const from = new Date(now().getTime() - daysAgo * 86_400_000)
        const to = new Date(from.getTime() + 86_400_000)
        const ended = rows.map((row) => ({ ...row, end_time: new Date(endMs(row)) }))
        await using log = await open()
        await using sql = await plainSql(ended)
        await log.write(ended)
        const runs = await allPages((after) => listRuns(log.source, { limit: 4, after, from, to, overlapping: true }))
        const expected = await sql.rows(`
          select pipeline_id as pipeline, run_id as run, min(${RUN_START}) as started from log group by all
          having started < '${to.toISOString()}'::timestamptz and (started >= '${from.toISOString()}'::timestamptz
            or max(coalesce(end_time, run_ended_at)) > '${from.toISOString()}'::timestamptz) ${NEWEST}`)
        expect(runs.map(({ pipeline, runId }) => [pipeline, runId])).toEqual(
          expected.map(({ pipeline, run }) => [pipeline, run]),
        )
      }),
      RUNS_OF_TEST,
    )
  })

  test('a listed run equals the run as it is viewed', async () => {
    await fc.assert(
      fc.asyncProperty(randomRows, async (random) => {
        const rows = oneModeARun(random)
        await using log = await open()
        await log.write(rows)
        const { runs } = await listRuns(log.source, { limit: 100 })
        for (const facts of runs) {
          const view = await viewRun(log.source, facts.runId)
          if (!view.available) throw new Error(view.reason)
          const { run, steps } = view
          expect([run.pipeline, run.mode, run.outcome, run.startedAt]).toEqual([
            facts.pipeline,
            facts.mode,
            facts.outcome,
            facts.startedAt,
          ])
          expect(steps.length).toBe(facts.steps)
          expect(steps.filter(({ success }) => success === false).length).toBe(facts.failedSteps)
          const good = await findLastGoodRun(log.source, facts.runId)
          expect(good?.runId).toBe(view.lastGoodRun?.runId)
          const before = runs.slice(runs.indexOf(facts) + 1)
          const expected = before.find((each) => each.pipeline === facts.pipeline && each.outcome === 'succeeded')
          expect(good?.runId).toBe(expected?.runId)
        }
      }),
      RUNS_OF_TEST,
    )
  })

  test('the states of pipelines equal what their listed runs say', async () => {
    await fc.assert(
      fc.asyncProperty(randomRows, fc.integer({ min: 1, max: 4 }), async (random, count) => {
        const rows = oneModeARun(random)
        await using log = await open()
        await log.write(rows)
        const { runs } = await listRuns(log.source, { limit: 100 })
        const { pipelines, otherPipelines } = await listPipelines(log.source, { runs: count, now })
        expect(otherPipelines).toBe(0)
        expect(pipelines.map(({ pipeline }) => pipeline).toSorted()).toEqual(
          [...new Set(runs.map(({ pipeline }) => pipeline))].toSorted(),
        )
        for (const state of pipelines) {
          const own = runs.filter(({ pipeline }) => pipeline === state.pipeline)
          expect(state.lastRun).toEqual(own[0])
          expect(state.state).toBe(own[0]?.outcome)
          expect(state.strip.map(({ runId }) => runId)).toEqual(
            own
              .slice(0, count)
              .map(({ runId }) => runId)
              .reverse(),
          )
          expect(state.lastSuccess?.startedAt).toBe(own.find(({ outcome }) => outcome === 'succeeded')?.startedAt)
          const good = own
            .slice(1, count)
            .flatMap((run) => (run.outcome === 'succeeded' ? (run.durationSecs ?? []) : []))
          const expected = medianOf(good)
          if (expected === null) expect(state.duration.previous).toBeNull()
          else expect(state.duration.previous).toBeCloseTo(expected, 6)
        }
      }),
      RUNS_OF_TEST,
    )
  })

  test('the cells of a grid equal the steps of the runs as they are viewed', async () => {
    await fc.assert(
      fc.asyncProperty(randomRows, fc.integer({ min: 1, max: 5 }), async (random, count) => {
        const rows = oneModeARun(random)
        await using log = await open()
        await log.write(rows)
        const grid = await readRunGrid(log.source, { pipeline: 'orders', runs: count })
        const { runs } = await listRuns(log.source, { pipeline: 'orders', limit: count })
        expect(grid.runs).toEqual(runs.toReversed())
        let cells = 0
        for (const [at, { runId }] of grid.runs.entries()) {
          const view = await viewRun(log.source, runId)
          if (!view.available) throw new Error(view.reason)
          for (const { phase, step, success, attempts } of view.steps) {
            const cell = grid.steps.find((each) => each.phase === phase && each.step === step)?.cells[at]
            expect(cell).toMatchObject({ success, attempts })
            cells++
          }
        }
        expect(grid.steps.flatMap((step) => step.cells).filter((cell) => cell !== null).length).toBe(cells)
      }),
      RUNS_OF_TEST,
    )
  })
})

function endMs(row: LogRowInput): number {
  const start = row.start_time ?? row.run_started_at
  return (start instanceof Date ? start.getTime() : now().getTime()) + 1000 * Number(row.duration_secs ?? 0)
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  if (sorted.length === 0) return null
  return (Number(sorted[Math.floor((sorted.length - 1) / 2)]) + Number(sorted[Math.floor(sorted.length / 2)])) / 2
}
