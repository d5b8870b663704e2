import { DuckDBInstance } from '@duckdb/node-api'
import { LONG_HOOK_MS, SIMULATED_NOW as NOW, simulatedLog } from '@forge/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReport, type ReportModel, renderBadge, renderMarkdown, renderReport } from '../src/index.ts'
import { type Log, openLog } from './log.ts'

const MAX_BYTES = 1_000_000
const now = () => NOW

/** The last attempt of each step, and the runs that they make. */
const VIEWS = [
  `create temp view attempts as select pipeline_id, run_id, phase, step_name, execution_id, bool_and(success) as ok, max(start_time) as last
   from log where phase <> 'pipeline' group by all`,
  `create temp view steps as select * from attempts
   qualify row_number() over (partition by pipeline_id, run_id, phase, step_name order by last desc) = 1`,
  `create temp view whole as select pipeline_id, run_id, min(start_time) as started, max(duration_secs) filter (where phase = 'pipeline') as secs
   from log group by all`,
  `create temp view runs as select pipeline_id, run_id, bool_and(ok) as ok, count(*) as steps, count(*) filter (where not ok) as failed,
   any_value(started) as started, any_value(secs) as secs from steps join whole using (pipeline_id, run_id) group by all`,
]

/** Asks the DuckDB file of a log by SQL that is written by hand. */
async function askSql(path: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    await connection.run("set timezone = 'UTC'")
    await connection.run('create temp view log as select * from analytics.pipeline_logs')
    for (const view of VIEWS) await connection.run(view)
    const rows = (await connection.runAndReadAll(sql)).getRowObjectsJS()
    return rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
      ),
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

describe('a simulated log of 12 pipelines over 60 days', () => {
  let log: Log
  let model: ReportModel
  let only: ReportModel
  beforeAll(async () => {
    log = await openLog({ serviceLevels: [{ pipeline: '*', minSuccessRatePercent: 95 }] })
    await log.write(simulatedLog({ pipelines: 12, days: 60 }))
    model = await buildReport(log.source, { now, days: 30, title: 'Warehouse' })
    only = await buildReport(log.source, { now, run: 'inventory-2026-03-02' })
    await log.source.storage.close()
  }, LONG_HOOK_MS)
  afterAll(() => log[Symbol.asyncDispose]())

  test('every pipeline of the list has the figures of plain SQL', async () => {
    const expected = await askSql(
      log.path,
      `select pipeline_id as pipeline, max_by(run_id, started) as run, max_by(ok, started) as ok, max_by(secs, started) as secs,
        max_by(failed, started) as failed, max(started) filter (where ok) as success
      from runs group by 1`,
    )
    expect(model.pipelines.pipelines).toHaveLength(12)
    for (const { pipeline, run, ok, secs, failed, success } of expected) {
      const state = model.pipelines.pipelines.find((each) => each.pipeline === pipeline)
      expect(state?.lastRun).toMatchObject({ runId: run, outcome: ok ? 'succeeded' : 'failed', failedSteps: failed })
      expect(state?.lastRun.durationSecs).toBeCloseTo(Number(secs), 9)
      expect(Date.parse(state?.lastSuccess?.startedAt ?? '')).toBe((success as Date).getTime())
    }
  })

  test('strips and medians are those of the last 30 runs', async () => {
    const expected = await askSql(
      log.path,
      `select pipeline_id as pipeline, count(*) filter (where not ok) as failed, median(secs) filter (where ok and place > 1) as median
      from (select *, row_number() over (partition by pipeline_id order by started desc) as place from runs) where place <= 30 group by 1`,
    )
    for (const { pipeline, failed, median } of expected) {
      const state = model.pipelines.pipelines.find((each) => each.pipeline === pipeline)
      expect(state?.strip).toHaveLength(30)
      expect(state?.strip.filter(({ outcome }) => outcome === 'failed')).toHaveLength(Number(failed))
      expect(state?.duration.previous).toBeCloseTo(Number(median), 6)
    }
  })

  test('the timeline has the runs that ran in the last 24 hours', async () => {
    const [expected] = await askSql(
      log.path,
      `select count(*) as runs from (select run_id, min(start_time) as s, max(end_time) as e from log group by run_id)
      where s < timestamptz '2026-03-02 12:00:00Z' and e > timestamptz '2026-03-01 12:00:00Z'`,
    )
    expect(model.timeline.runs).toHaveLength(Number(expected?.runs))
  })

  test('the grid of a pipeline has the outcome and the attempts of each step in each run', async () => {
    const rows = await askSql(
      log.path,
      `select pipeline_id as pipeline, run_id as run, phase, step_name as step, count(distinct execution_id) as attempts,
        max_by(success, start_time) as ok, max_by(duration_secs, start_time) as secs
      from log where phase <> 'pipeline' group by all`,
    )
    const byKey = new Map(rows.map((row) => [[row.pipeline, row.run, row.phase, row.step].join('|'), row]))
    let cells = 0
    for (const { grid } of model.pipelinePages) {
      for (const { phase, step, cells: own } of grid.steps) {
        for (const [at, cell] of own.entries()) {
          const row = byKey.get([grid.pipeline, grid.runs[at]?.runId, phase, step].join('|'))
          expect(cell?.attempts).toBe(row?.attempts)
          expect(cell?.success).toBe(row?.ok)
          expect(cell?.durationSecs).toBeCloseTo(Number(row?.secs), 9)
          cells++
        }
      }
    }
    expect(cells).toBe(12 * 8 * 30)
  })

  test('the figures of the report stand in its file', async () => {
    const html = renderReport(model)
    const [totals] = await askSql(
      log.path,
      `select count(*) as runs, count(*) filter (where ok) * 100.0 / count(*) as rate from runs
      where started >= timestamptz '2026-01-31 12:00:00.001Z'`,
    )
    expect(html).toContain(
      `${totals?.runs} runs in the last 30 days, ${Number(Number(totals?.rate).toFixed(2))} % succeeded.`,
    )
    expect(html).toContain(
      `${model.pipelines.pipelines.filter(({ state }) => state === 'failed').length} of 12 pipelines failed`,
    )
    for (const { pipeline } of model.pipelines.pipelines) expect(html).toContain(`id="/p/${pipeline}"`)
    expect(Buffer.byteLength(html)).toBeLessThan(MAX_BYTES)
  })

  test('redaction leaves no error message and no metadata of a run in the file', async () => {
    await using secret = await openLog()
    await secret.write([
      {
        run_id: 'a',
        pipeline_id: 'p',
        phase: 'gold',
        step_name: 's',
        success: false,
        error_message: 'password=hunter2 refused',
        start_time: NOW,
      },
      {
        run_id: 'a',
        pipeline_id: 'p',
        phase: 'pipeline',
        step_name: 'p',
        success: false,
        error_message: 'hunter2',
        start_time: NOW,
        metadata: { command: 'load --token hunter2' },
      },
    ])
    const whole = await buildReport(secret.source, { now })
    expect(renderReport(whole)).toContain('hunter2')
    const redacted = await buildReport(secret.source, { now, redactErrors: true })
    expect(JSON.stringify(redacted)).not.toContain('hunter2')
    expect(renderReport(redacted) + renderMarkdown(redacted)).not.toContain('hunter2')
  })

  test('the report of one run has its pipeline alone', () => {
    expect(only.pipelines.pipelines.map(({ pipeline }) => pipeline)).toEqual(['inventory'])
    expect(only.runPages.map(({ run }) => run.runId)).toEqual(['inventory-2026-03-02'])
    expect(only.about.scope).toBe('run inventory-2026-03-02')
  })

  test('Markdown lists the pipelines and the failures, and badges say how many failed', () => {
    const markdown = renderMarkdown(model)
    expect(markdown).toMatch(/\*\*2 of 12 pipelines failed\*\*/)
    expect(markdown).toContain('| ❌ inventory |')
    const badge = renderBadge(model.pipelines, { label: 'ware<house' })
    expect(badge).toContain('2 of 12 failing')
    expect(badge).toContain('ware&lt;house')
    expect(renderBadge({ ...model.pipelines, pipelines: [] })).toContain('no data')
  })
})

test('a run that is not in the log, or that several ids begin like, makes no report', async () => {
  await using log = await openLog({}, { inMemory: true })
  await log.write(
    ['r-1', 'r-2'].map((run_id) => ({
      run_id,
      pipeline_id: 'p',
      phase: 'gold' as const,
      step_name: 's',
      start_time: NOW,
    })),
  )
  await expect(buildReport(log.source, { now, run: 'r' })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await expect(buildReport(log.source, { now, run: 'x' })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await expect(buildReport(log.source, { days: 0 })).rejects.toMatchObject({ code: 'CONFIGURATION' })
})

test('a file stays below 1 MB for 500 pipelines, a run of 10,000 steps, and messages of megabytes', {
  tags: 'many-rows',
}, async () => {
  await using log = await openLog()
  const start = NOW.getTime() - 3_600_000
  await log.write(simulatedLog({ pipelines: 500, days: 3, steps: 3 }))
  await log.write(
    (function* () {
      for (let at = 0; at < 10_000; at++) {
        yield {
          run_id: 'huge',
          pipeline_id: 'huge',
          phase: 'silver' as const,
          step_name: `a_step_with_a_long_name_${'x'.repeat(200)}_${at}`,
          start_time: new Date(start + at * 100),
          end_time: new Date(start + at * 100 + 5000),
          duration_secs: 5,
          success: at % 100 !== 0,
          error_message: at % 100 === 0 ? `broken ${'message '.repeat(at === 0 ? 200_000 : 200)}` : null,
        }
      }
    })(),
  )
  const model = await buildReport(log.source, { now })
  const html = renderReport(model)
  expect(Buffer.byteLength(html)).toBeLessThan(MAX_BYTES)
  expect(html).toContain('id="/r/huge"')
  expect(html).toContain('of 10,000')
  expect(model.pipelines.pipelines).toHaveLength(500)
  expect(model.pipelines.otherPipelines).toBe(1)
  expect(Buffer.byteLength(renderMarkdown(model))).toBeLessThan(100_000)
})

test.each([
  ['an empty log', []],
  [
    'one row without a time',
    [
      {
        run_id: 'a',
        pipeline_id: 'p',
        phase: 'gold' as const,
        step_name: 's',
        start_time: null,
        created_at: null,
        duration_secs: 0,
      },
    ],
  ],
  [
    'a run of the future',
    [
      {
        run_id: 'a',
        pipeline_id: 'p',
        phase: 'gold' as const,
        step_name: 's',
        start_time: new Date('2031-01-01'),
        duration_secs: 3,
      },
    ],
  ],
  [
    'an end before the start',
    [
      {
        run_id: 'a',
        pipeline_id: 'p',
        phase: 'gold' as const,
        step_name: 's',
        start_time: NOW,
        end_time: new Date(0),
        duration_secs: 3,
      },
    ],
  ],
  [
    'unknown rows and a lost run',
    [
      {
        run_id: 'a',
        pipeline_id: 'p',
        phase: 'gold' as const,
        step_name: 's',
        start_time: NOW,
        success: false,
        metadata: { status: 'lost', rows_unknown: true },
      },
    ],
  ],
  [
    'an unknown outcome',
    [
      {
        run_id: 'a',
        pipeline_id: 'p',
        phase: 'gold' as const,
        step_name: 's',
        start_time: NOW,
        success: false,
        metadata: { status: 'unknown' },
      },
    ],
  ],
])('%s makes a report without a figure that is not a number', async (_name, rows) => {
  await using log = await openLog({}, { inMemory: true })
  await log.write(rows)
  const model = await buildReport(log.source, { now })
  const html = renderReport(model)
  expect(html.slice(0, html.lastIndexOf('<script>'))).not.toMatch(/NaN|undefined|Infinity|\[object/)
  expect(renderMarkdown(model)).not.toMatch(/NaN|undefined|Infinity|\[object/)
  expect(html).toContain('<!doctype html>')
})
