// @module-tag many-cases
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { LONG_HOOK_MS, samplesDirectory, simulatedYear } from '@forge/fixtures'
import { createLogWriter, type LogRowInput, type StorageBackend, type TableSource } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { findInputs, ingestConfig, ingestFile } from '@forge/writer-ingest'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReport, type ReportModel, renderReport } from '../src/index.ts'

const LEVELS = [{ pipeline: '*', minSuccessRatePercent: 95, maxDurationSecs: 3600 }]
const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' }

type SqlRow = Readonly<Record<string, unknown>>
type Ask = (sql: string) => Promise<SqlRow[]>

/**
 * The outcomes of the log by SQL that is written by hand: of each step the attempt that started last, or of several that started together one that
 * failed; a run fails if one of its steps did, and one without steps by its own row.
 */
const VIEWS = [
  `create temp view log as select *, coalesce(run_started_at, start_time, end_time, created_at) as run_start,
     coalesce(start_time, run_started_at, end_time, created_at) as row_start,
     coalesce(metadata->>'status', '') as status, metadata->>'rows_unknown' is not null as rows_unknown from stored`,
  `create temp view attempts as select pipeline_id, run_id, run_mode, phase, step_name, execution_id,
     bool_and(success) filter (where status <> 'unknown' or success) as ok, max(row_start) as last, min(row_start) as first
     from log group by all`,
  `create temp view judged as select pipeline_id, run_id, run_mode, phase, step_name,
     count(*) filter (where ok = false) as bad, count(*) filter (where ok) as good,
     max(last) filter (where ok = false) as last_bad, max(last) filter (where ok) as last_good, min(first) as first,
     max(last) as last
     from attempts group by all`,
  `create temp view steps as select *, not (bad > 0 and (good = 0 or last_bad is null or last_good is null or last_bad >= last_good)) as ok from judged`,
  `create temp view runs as select pipeline_id, run_id,
     coalesce(bool_and(ok) filter (where phase <> 'pipeline'), bool_and(ok)) as ok,
     count(distinct (phase, step_name)) filter (where phase <> 'pipeline') as steps,
     count(distinct (phase, step_name)) filter (where phase <> 'pipeline' and not ok) as failed from steps group by all`,
  `create temp view timed as select runs.*, started, secs from runs join (select pipeline_id, run_id, min(run_start) as started,
     max(duration_secs) filter (where phase = 'pipeline') as secs from log group by all) using (pipeline_id, run_id)`,
]

interface Subject {
  readonly model: ReportModel
  readonly html: string
  readonly now: Date
  readonly ask: Ask
  close(): Promise<void>
}

interface Setting {
  readonly now: Date
  readonly days: number
  readonly config: Parameters<typeof createLogWriter>[0]['config']
  readonly fill: (source: Awaited<ReturnType<typeof createLogWriter>>) => Promise<void>
}

const YEAR: Setting = {
  now: new Date('2024-12-30T12:00:00Z'),
  days: 30,
  config: CONFIG,
  async fill(writer) {
    const rows: Iterable<LogRowInput> = simulatedYear({ pipelines: 50, steps: 4 }).rows
    await writer.writeLogRows(rows)
  },
}

const SAMPLES: Setting = {
  now: new Date('2024-12-17T18:00:00Z'),
  days: 3650,
  config: { ...CONFIG, ...ingestConfig },
  async fill(writer) {
    for (const { path } of await findInputs([samplesDirectory])) await ingestFile(writer, path)
  },
}

async function open(kind: 'duckdb' | 'delta', { now, days, config, fill }: Setting): Promise<Subject> {
  const directory = newFolder()
  const path = join(directory, kind === 'duckdb' ? 'logs.duckdb' : 'lake')
  const storage: StorageBackend = kind === 'duckdb' ? duckdbStorage({ path }) : deltaStorage({ path })
  const writer = await createLogWriter({ storage, config, now: () => now })
  await fill(writer)
  const source: TableSource = writer
  const model = await buildReport(source, { now: () => now, days, levels: LEVELS })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("set timezone = 'UTC'")
  if (kind === 'duckdb') {
    await writer.close()
    await storage.close()
    await connection.run(`attach '${path}' as file (read_only)`)
    await connection.run('create temp view stored as select * from file.analytics.pipeline_logs')
  } else {
    const files = await filesOfDelta(join(path, 'analytics', 'pipeline_logs'))
    const list = files.map((file) => `'${file}'`).join(', ')
    await connection.run(`create temp view stored as select * from read_parquet([${list}], union_by_name = true)`)
  }
  for (const view of VIEWS) await connection.run(view)
  return {
    model,
    html: renderReport(model),
    now,
    async ask(sql) {
      const rows = (await connection.runAndReadAll(sql)).getRowObjectsJS()
      return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])))
    },
    async close() {
      connection.closeSync()
      instance.closeSync()
      await writer.close()
      await storage.close()
    },
  }
}

/** Returns the files that a Delta table consists of, by the actions of its log. */
async function filesOfDelta(table: string): Promise<string[]> {
  const log = join(table, '_delta_log')
  const live = new Set<string>()
  for (const name of (await readdir(log)).filter((each) => each.endsWith('.json')).sort()) {
    for (const line of (await readFile(join(log, name), 'utf8')).split('\n').filter((each) => each !== '')) {
      const { add, remove }: DeltaAction = JSON.parse(line)
      if (remove) live.delete(decodeURIComponent(remove.path))
      // A deletion vector would hide rows of the file.
      if (add?.deletionVector) throw new Error('the test does not read deletion vectors')
      if (add) live.add(decodeURIComponent(add.path))
    }
  }
  return [...live].map((path) => join(table, path))
}

interface DeltaAction {
  readonly add?: { readonly path: string; readonly deletionVector?: unknown }
  readonly remove?: { readonly path: string }
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Date ? value.getTime() : value
}

const instant = (iso: string | null) => (iso === null ? 'null' : `timestamptz '${iso}'`)
const ms = (iso: string | null | undefined) => (iso === null || iso === undefined ? null : Date.parse(iso))

describe.each([
  ['a simulated year of 50 pipelines on DuckDB', 'duckdb', YEAR],
  ['a simulated year of 50 pipelines on Delta', 'delta', YEAR],
  ['the samples on DuckDB', 'duckdb', SAMPLES],
  ['the samples on Delta', 'delta', SAMPLES],
] as const)('%s', (_name, kind, setting) => {
  let subject: Subject
  beforeAll(async () => {
    subject = await open(kind, setting)
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

  test('Service levels: the runs that are judged and those that broke an objective', async () => {
    const { model, ask } = subject
    const { from, to } = model.about.period
    const rows =
      await ask(`select pipeline_id as pipeline, count(*) filter (where ok) * 100.0 / count(*) as kept from timed
        where started >= ${instant(from)} and started < ${instant(to)} group by 1`)
    const rates = model.serviceLevels.objectives.filter((each) => each.kind === 'successRate')
    for (const { pipeline, kept } of rows) {
      const found = rates.find((each) => each.pipeline === pipeline)
      if (found && found.verdict !== 'notJudged' && kind === 'duckdb' && setting === YEAR)
        expect(found.keptPercent).toBeCloseTo(Number(kept), 6)
    }
    expect(rates.length).toBeGreaterThanOrEqual(rows.length)
  })

  test('About: the rows of the table', async () => {
    const { model, ask, html } = subject
    const [row] = await ask('select count(*) as rows from log')
    expect(model.about.rows).toBe(row?.rows)
    expect(html).toContain(`${Number(row?.rows).toLocaleString('en-US')}, `)
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000)
  })
})

/** Returns the items of a list of the engine. */
function itemsOf(list: unknown): readonly unknown[] {
  if (Array.isArray(list)) return list
  return typeof list === 'object' && list !== null && 'items' in list && Array.isArray(list.items) ? list.items : []
}
