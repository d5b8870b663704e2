// @module-tag many-cases
import { LONG_HOOK_MS, samplesDirectory, simulatedLog, simulatedYear } from '@forge/fixtures'
import { findInputs, ingestConfig, ingestFile } from '@forge/writer-ingest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runSql } from './children/run-sql.ts'
import { type Dashboard, openDashboard, STORAGES } from './dashboard.ts'

const MAX_SECS = 600
const LEVELS = [{ pipeline: '*', minSuccessRatePercent: 95, maxDurationSecs: MAX_SECS }]

/** The steps of the log, by SQL that is written by hand. */
const STEPS = `(select *, coalesce(start_time, run_started_at, end_time, created_at) as began, coalesce(metadata->>'status', '') as status,
    metadata->>'rows_unknown' is not null as rows_unknown, coalesce(step_type, '') = 'test' as is_test
  from analytics.pipeline_logs where phase <> 'pipeline')`
const RAN = `status not in ('skipped', 'noop', 'cancelled', 'upstream_failed', 'lost', 'unknown')`
const VALIDATED = `${RAN} and not is_test and not rows_unknown`
/** Each step of each run: the attempt that started last decides, and of several that started together one that failed. */
const LAST = `(select pipeline_id, run_id, phase, step_name, min(earliest) as earliest, bool_and(ok) filter (where place = 1) as ok,
    count(*) as attempts, sum(secs) filter (where place = 1) as secs
  from (select *, rank() over (partition by run_id, pipeline_id, run_mode, phase, step_name order by latest desc) as place
    from (select pipeline_id, run_id, run_mode, phase, step_name, execution_id, bool_and(success) as ok, min(began) as earliest, max(began) as latest,
      sum(duration_secs) as secs from ${STEPS} group by all))
  group by pipeline_id, run_id, run_mode, phase, step_name)`
const RUNS = `(select pipeline_id, run_id, min(earliest) as earliest, bool_and(ok) as ok from ${LAST} group by all)`
const SECS = `(select pipeline_id, run_id, max(duration_secs) filter (where phase = 'pipeline') as secs from analytics.pipeline_logs group by all)`

interface Subject {
  readonly now: Date
  readonly period: string
  readonly fill: (dashboard: Dashboard) => Promise<void>
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  'a simulated year of 6 pipelines': {
    now: new Date('2024-12-30T12:00:00Z'),
    period: 'from=2023-12-01&to=2025-01-01',
    fill: (dashboard) => dashboard.write(simulatedYear({ pipelines: 6, steps: 3 }).rows),
  },
  'a log with attempts, unknown rows and steps that did not run': {
    now: new Date('2026-03-02T12:00:00Z'),
    period: 'from=2025-12-01&to=2026-03-03',
    fill: (dashboard) => dashboard.write(simulatedLog({ pipelines: 5, days: 40 })),
  },
  'the samples': {
    now: new Date('2024-12-17T18:00:00Z'),
    period: 'from=2000-01-01&to=2030-01-01',
    async fill({ writer }) {
      for (const { path } of await findInputs([samplesDirectory])) await ingestFile(writer, path)
    },
  },
}

describe.each(Object.entries(SUBJECTS))('%s', (name, { now, period, fill }) => {
  const dashboards = new Map<string, Dashboard>()
  const settings = name === 'the samples' ? ingestConfig : {}
  let ask: (sql: string) => Promise<Record<string, unknown>[]>
  beforeAll(async () => {
    for (const storage of STORAGES) {
      const dashboard = await openDashboard({ storage, settings, now: () => now, levels: LEVELS })
      dashboards.set(storage, dashboard)
      await fill(dashboard)
    }
    ask = (sql) => runSql(dashboards.get('duckdb')?.path ?? '', sql)
  }, LONG_HOOK_MS)
  afterAll(async () => {
    for (const dashboard of dashboards.values()) await dashboard[Symbol.asyncDispose]()
  })

  /** Asks the API of the log on each storage. */
  async function* answers<Answer>(path: string): AsyncGenerator<Answer> {
    for (const dashboard of dashboards.values()) yield (await dashboard.json(path)) as Answer
  }

  test('quality: valid and invalid rows, in all, by week and by step', async () => {
    const figures = `count(*)::int as steps, coalesce(sum(valid_rows), 0)::double as valid, coalesce(sum(invalid_rows), 0)::double as invalid,
      (sum(validation_rate * rows_processed) / nullif(sum(rows_processed), 0))::double as rate`
    const [total] = await ask(`select ${figures} from ${STEPS} where ${VALIDATED}`)
    const weeks = await ask(
      `select epoch_ms(date_trunc('week', began))::double as week, ${figures} from ${STEPS} where ${VALIDATED} group by 1 order by 1`,
    )
    const byStep = await ask(
      `select pipeline_id as pipeline, phase, step_name as step, ${figures} from ${STEPS} where ${VALIDATED} group by all`,
    )
    const rateOf = new Map(byStep.map((row) => [JSON.stringify([row.pipeline, row.phase, row.step]), row]))
    for await (const quality of answers<Quality>(`/quality?bucket=week&${period}`)) {
      expect(quality.available).toBe(Number(total?.steps) >= 2)
      if (!quality.available) continue
      expect([quality.validatedSteps, quality.validRows, quality.invalidRows]).toEqual([
        total?.steps,
        total?.valid,
        total?.invalid,
      ])
      expectClose(quality.validationTrend.weightedRatePercent, total?.rate)
      expect(
        quality.buckets.map((each) => [Date.parse(each.at), each.validatedSteps, each.validRows, each.invalidRows]),
      ).toEqual(weeks.map(({ week, steps, valid, invalid }) => [week, steps, valid, invalid]))
      for (const [at, { validationRate }] of quality.buckets.entries()) expectClose(validationRate, weeks[at]?.rate)
      for (const { pipeline, phase, step, validationRate, invalidRows } of quality.worstSteps) {
        const row = rateOf.get(JSON.stringify([pipeline, phase, step]))
        expectClose(validationRate, row?.rate)
        expect(invalidRows).toBe(row?.invalid)
      }
      const rates = byStep.flatMap(({ rate }) => (rate === null ? [] : Number(rate)))
      expectClose(quality.worstSteps[0]?.validationRate ?? null, rates.length === 0 ? null : Math.min(...rates))
    }
  })

  test('trends: steps, runs and durations, in all and by week', async () => {
    const [total] = await ask(
      `select avg(duration_secs)::double as mean, min(duration_secs)::double as least, max(duration_secs)::double as most from ${STEPS} where ${RAN}`,
    )
    const weeks = await ask(
      `select epoch_ms(date_trunc('week', began))::double as week, count(*)::int as steps, (avg(duration_secs) filter (where ${RAN}))::double as mean
       from ${STEPS} group by 1 order by 1`,
    )
    const runs = await ask(
      `select epoch_ms(date_trunc('week', min(earliest)))::double as week, bool_and(ok) as ok from ${RUNS} group by run_id`,
    )
    for await (const trends of answers<Trends>(`/trends?bucket=week&${period}`)) {
      expect(trends.available).toBe(true)
      expectClose(trends.durationTrend.mean, total?.mean)
      expectClose(trends.durationTrend.min, total?.least)
      expectClose(trends.durationTrend.max, total?.most)
      expect(trends.buckets.map(({ at, steps }) => [Date.parse(at), steps])).toEqual(
        weeks.map(({ week, steps }) => [week, steps]),
      )
      for (const [index, { at, runs: count, failedRuns, unknownRuns, durations }] of trends.buckets.entries()) {
        expectClose(durations.mean, weeks[index]?.mean)
        const own = runs.filter(({ week }) => week === Date.parse(at))
        expect(count).toBe(own.length)
        if (unknownRuns === 0) expect(failedRuns).toBe(own.filter(({ ok }) => ok === false).length)
      }
    }
  })

  test('service levels: the runs that are judged and those that broke an objective', async () => {
    const rows = await ask(
      `select pipeline_id as pipeline, count(*)::int as judged, count(*) filter (where not ok)::int as failed,
        count(*) filter (where secs > ${MAX_SECS})::int as slow, count(secs)::int as timed
       from ${RUNS} join ${SECS} using (pipeline_id, run_id) group by 1 order by 1`,
    )
    for await (const { objectives } of answers<Levels>(`/service-levels?${period}`)) {
      const of = (kind: string) =>
        new Map(objectives.flatMap((each) => (each.kind === kind ? [[each.pipeline, each]] : [])))
      const [rates, durations] = [of('successRate'), of('maxDuration')]
      expect(rates.size).toBeGreaterThanOrEqual(rows.length)
      for (const { pipeline, judged, failed, slow, timed } of rows) {
        const rate = rates.get(String(pipeline))
        // Runs whose outcome is not known are not judged.
        if (rate?.judged === judged) {
          expect(rate?.broken).toBe(failed)
          expectClose(rate?.keptPercent ?? null, (100 * (Number(judged) - Number(failed))) / Number(judged))
        } else expect(name).toBe('the samples')
        if (timed === judged) expect(durations.get(String(pipeline))).toMatchObject({ judged, broken: slow })
      }
    }
  })

  test('the grid: the outcome, the attempts and the duration of each step in the last runs', async () => {
    const pipelines = await ask(
      `select pipeline_id as pipeline from ${RUNS} group by 1 order by count(*) desc, 1 limit 3`,
    )
    const cells = await ask(
      `select pipeline_id as pipeline, run_id as run, phase, step_name as step, ok, attempts::int as attempts, secs::double as secs from ${LAST}`,
    )
    const known = new Map(cells.map((row) => [JSON.stringify([row.pipeline, row.run, row.phase, row.step]), row]))
    let seen = 0
    for (const { pipeline } of pipelines) {
      const query = new URLSearchParams({ pipeline: String(pipeline), runs: '12' })
      for await (const grid of answers<Grid>(`/grid?${query}`)) {
        for (const { phase, step, cells: own } of grid.steps) {
          for (const [at, cell] of own.entries()) {
            const row = known.get(JSON.stringify([pipeline, grid.runs[at]?.runId, phase, step]))
            expect(cell === null).toBe(row === undefined)
            if (!cell || !row) continue
            if (cell.success !== null) expect(cell.success).toBe(row.ok)
            expect(cell.attempts).toBe(row.attempts)
            if (Number(row.attempts) === 1) expectClose(cell.durationSecs, row.secs)
            seen++
          }
        }
      }
    }
    expect(seen).toBeGreaterThan(10)
  })

  test('the pages show the same figures', async () => {
    const [total] = await ask(
      `select coalesce(sum(valid_rows), 0)::double as valid, coalesce(sum(invalid_rows), 0)::double as invalid from ${STEPS} where ${VALIDATED}`,
    )
    const [{ failed, judged, pipeline } = {}] = await ask(
      `select pipeline_id as pipeline, count(*)::int as judged, count(*) filter (where not ok)::int as failed from ${RUNS} group by 1 order by 3 desc, 1 limit 1`,
    )
    for (const dashboard of dashboards.values()) {
      const quality = await (await dashboard.get(`/quality?${period}`)).text()
      if (Number(total?.valid) + Number(total?.invalid) > 0) {
        expect(quality).toContain(Number(total?.valid).toLocaleString('en-US'))
        expect(quality).toContain(Number(total?.invalid).toLocaleString('en-US'))
      }
      const levels = await (await dashboard.get(`/sla?${period}`)).text()
      expect(levels).toContain(String(pipeline))
      if (name !== 'the samples')
        expect(levels).toContain(
          `${Number(failed).toLocaleString('en-US')} of ${Number(judged).toLocaleString('en-US')}`,
        )
    }
  })
})

/** Compares figures that several engines add up in other orders. */
function expectClose(figure: number | null, wanted: unknown): void {
  if (wanted === null || wanted === undefined) expect(figure).toBeNull()
  else
    expect(Math.abs((figure ?? Number.NaN) - Number(wanted))).toBeLessThanOrEqual(
      1e-9 * Math.max(1, Math.abs(Number(wanted))),
    )
}

interface QualityFigures {
  readonly validatedSteps: number
  readonly validRows: number
  readonly invalidRows: number
  readonly validationRate: number | null
}

interface Quality extends QualityFigures {
  readonly available: boolean
  readonly validationTrend: { readonly weightedRatePercent: number | null }
  readonly buckets: readonly (QualityFigures & { readonly at: string })[]
  readonly worstSteps: readonly (QualityFigures & {
    readonly pipeline: string
    readonly phase: string
    readonly step: string
  })[]
}

interface Trends {
  readonly available: boolean
  readonly durationTrend: { readonly mean: number | null; readonly min: number | null; readonly max: number | null }
  readonly buckets: readonly {
    readonly at: string
    readonly steps: number
    readonly runs: number
    readonly failedRuns: number
    readonly unknownRuns: number
    readonly durations: { readonly mean: number | null }
  }[]
}

interface Levels {
  readonly objectives: readonly {
    readonly pipeline: string
    readonly kind: string
    readonly judged: number
    readonly broken: number
    readonly keptPercent: number | null
  }[]
}

interface Grid {
  readonly runs: readonly { readonly runId: string }[]
  readonly steps: readonly {
    readonly phase: string
    readonly step: string
    readonly cells: readonly ({
      readonly success: boolean | null
      readonly attempts: number
      readonly durationSecs: number | null
    } | null)[]
  }[]
}
