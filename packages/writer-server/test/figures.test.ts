// @module-tag many-cases
import { LONG_HOOK_MS, SIMULATED_NOW, simulatedLog } from '@forge/fixtures'
import type { LogRowInput } from '@forge/writer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runSql } from './children/run-sql.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'

const now = () => SIMULATED_NOW

/** The outcome of each run by SQL: the last attempt of each step counts. */
const RUNS = `with attempts as (
    select *, row_number() over (partition by run_id, phase, step_name order by start_time desc) as nth
    from analytics.pipeline_logs where phase <> 'pipeline'),
  steps as (select * from attempts where nth = 1)
  select run_id, any_value(pipeline_id) as pipeline, bool_and(success) as ok, count(*)::int as steps,
    count(*) filter (not success)::int as failed, 
    (select epoch_ms(min(l.start_time)) from analytics.pipeline_logs l where l.run_id = steps.run_id)::double as started
  from steps group by run_id`

describe('every figure equals SQL over the table', () => {
  let dashboard: Dashboard
  beforeAll(async () => {
    dashboard = await openDashboard({ storage: 'duckdb', now })
    await dashboard.write(simulatedLog({ pipelines: 7, days: 20 }))
  }, LONG_HOOK_MS)
  afterAll(() => dashboard?.[Symbol.asyncDispose]())

  test('runs, with each filter and in pages', async () => {
    const runs = await runSql(dashboard.path, `${RUNS} order by started desc, run_id`)
    for (const [query, wanted] of [
      ['', () => true],
      ['outcome=failed', ({ ok }) => ok === false],
      ['outcome=succeeded', ({ ok }) => ok === true],
      ['pipeline=inventory', ({ pipeline }) => pipeline === 'inventory'],
      ['pipeline=*s', ({ pipeline }) => String(pipeline).endsWith('s')],
      ['days=3', ({ started }) => Number(started) >= SIMULATED_NOW.getTime() - 3 * 86_400_000],
      ['q=ORDERS-2026', ({ run_id }) => String(run_id).startsWith('orders-2026')],
    ] satisfies [string, (run: Record<string, unknown>) => boolean][]) {
      const listed: { runId: string; steps: number; failedSteps: number; outcome: string }[] = []
      let after = ''
      do {
        const page = (await dashboard.json(`/runs?limit=13&${query}${after}`)) as {
          runs: typeof listed
          next: string | null
        }
        listed.push(...page.runs)
        after = page.next === null ? '' : `&after=${page.next}`
      } while (after !== '')
      const expected = runs.filter(wanted)
      expect([
        query,
        listed.map(({ runId, steps, failedSteps, outcome }) => [runId, steps, failedSteps, outcome]),
      ]).toEqual([
        query,
        expected.map(({ run_id, steps, failed, ok }) => [run_id, steps, failed, ok ? 'succeeded' : 'failed']),
      ])
    }
  })

  test('the list of pipelines, and the sentence of the first page', async () => {
    const states = await runSql(
      dashboard.path,
      `with runs as (${RUNS}) select pipeline, arg_max(ok, started) as ok, max(started) as last from runs group by pipeline`,
    )
    const { pipelines } = (await dashboard.json('/pipelines')) as { pipelines: { pipeline: string; state: string }[] }
    expect(new Map(pipelines.map(({ pipeline, state }) => [pipeline, state]))).toEqual(
      new Map(states.map(({ pipeline, ok }) => [pipeline, ok ? 'succeeded' : 'failed'])),
    )
    const failed = states.filter(({ ok }) => ok === false).length
    const page = await (await dashboard.get('/')).text()
    expect(page).toContain(`${failed} of ${states.length} pipelines failed`)
    expect(page).toContain(`<title>(${failed}) Today`)
    const [counted] = await runSql(dashboard.path, `select count(*)::int as runs from (${RUNS})`)
    expect(page).toContain(`${String(counted?.runs)} runs in the last 30 days`)
  })

  test('the summary, the failures and the metrics', async () => {
    const [steps] = await runSql(
      dashboard.path,
      `select count(*)::int as steps, sum(rows_processed)::int as rows, sum(rows_written)::int as written,
        count(*) filter (not success and coalesce(metadata->>'$.status', '') <> 'upstream_failed')::int as failed
       from analytics.pipeline_logs where phase <> 'pipeline'`,
    )
    expect(await dashboard.json('/summary')).toMatchObject({
      totalSteps: steps?.steps,
      totalRowsProcessed: steps?.rows,
      totalRowsWritten: steps?.written,
      failedSteps: steps?.failed,
    })
    const { groups, otherFailedSteps } = (await dashboard.json('/failures')) as {
      groups: { failedSteps: number }[]
      otherFailedSteps: number
    }
    expect(groups.reduce((sum, { failedSteps }) => sum + failedSteps, otherFailedSteps)).toBe(steps?.failed)
    const byOutcome = await runSql(
      dashboard.path,
      `select pipeline, ok, count(*)::int as runs from (${RUNS}) group by all`,
    )
    const metrics = await (await dashboard.get('/metrics')).text()
    for (const { pipeline, ok, runs } of byOutcome) {
      const outcome = ok ? 'succeeded' : 'failed'
      expect(metrics).toContain(
        `forge_writer_pipeline_runs_total{pipeline="${String(pipeline)}",outcome="${outcome}"} ${String(runs)}\n`,
      )
    }
  })

  test('each run: its steps, rows and errors', async () => {
    const [failed] = await runSql(
      dashboard.path,
      `select run_id from (${RUNS}) where not ok order by started desc limit 1`,
    )
    const runId = String(failed?.run_id)
    const rows = await runSql(
      dashboard.path,
      `select step_name, success, duration_secs, rows_written::int as written, error_message from analytics.pipeline_logs
       where run_id = '${runId}' and phase <> 'pipeline'
       qualify row_number() over (partition by phase, step_name order by start_time desc) = 1`,
    )
    const view = (await dashboard.json(`/runs/${runId}`)) as {
      steps: {
        step: string
        success: boolean
        durationSecs: number
        rowsWritten: number | null
        errorMessage: string | null
      }[]
    }
    const byName = (a: unknown[], b: unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1)
    expect(
      view.steps
        .map((step) => [step.step, step.success, step.durationSecs, step.rowsWritten, step.errorMessage])
        .sort(byName),
    ).toEqual(
      rows.map((row) => [row.step_name, row.success, row.duration_secs, row.written, row.error_message]).sort(byName),
    )
    const page = await (await dashboard.get(`/r/${runId}`)).text()
    for (const { step_name } of rows) expect(page).toContain(String(step_name))
  })
})

test('a run of 10,000 steps opens, as a page of bounded size and as JSON with every step', {
  tags: 'many-rows',
}, async () => {
  await using dashboard = await openDashboard({ storage: 'duckdb', now })
  const steps = 10_000
  await dashboard.write(
    Array.from({ length: steps }, (_none, at): LogRowInput => {
      const start = SIMULATED_NOW.getTime() - 3_600_000 + at * 100
      const isBad = at % 1000 === 7
      return {
        run_id: 'big',
        pipeline_id: 'wide',
        phase: 'silver',
        step_name: `model_${at}`,
        start_time: new Date(start),
        end_time: new Date(start + 500),
        duration_secs: 0.5,
        success: !isBad,
        error_message: isBad ? `model ${at} failed` : null,
      }
    }),
  )
  const view = (await dashboard.json('/runs/big')) as { steps: unknown[] }
  expect(view.steps).toHaveLength(steps)
  for (const path of ['/r/big', '/p/wide', '/', '/failures', '/s/wide/silver/model_7']) {
    const response = await dashboard.get(path)
    const page = await response.text()
    expect([path, response.status]).toEqual([path, 200])
    expect(page.length).toBeLessThan(1_000_000)
  }
})

test('500 pipelines are all listed, and each has its page', async () => {
  await using dashboard = await openDashboard({ storage: 'duckdb', now })
  await dashboard.write(simulatedLog({ pipelines: 500, days: 2, steps: 2 }))
  const page = await (await dashboard.get('/')).text()
  const links = [...page.matchAll(/href="(\/p\/[^"]+)"/g)].map(([, href]) => href ?? '')
  expect(new Set(links).size).toBe(500)
  expect((await dashboard.get(links.at(-1) ?? '')).status).toBe(200)
  const metrics = await (await dashboard.get('/metrics')).text()
  expect(metrics.match(/^forge_writer_pipeline_late\{/gm)).toHaveLength(500)
})

test('an empty table, one run, and figures that are not known have pages without made-up figures', async () => {
  await using dashboard = await openDashboard({ now })
  const pages = ['/', '/runs', '/failures', '/quality', '/sla', '/about']
  for (const path of pages) expect([path, (await dashboard.get(path)).status]).toEqual([path, 200])
  await dashboard.write([
    {
      run_id: 'only',
      pipeline_id: 'p',
      phase: 'gold',
      step_name: 's',
      success: false,
      metadata: { status: 'unknown', rows_unknown: true },
    },
  ])
  for (const path of [...pages, '/p/p', '/r/only', '/s/p/gold/s']) {
    const response = await dashboard.get(path)
    expect([path, response.status]).toEqual([path, 200])
    const [, content] = (await response.text()).split('<main>')
    expect(content?.split('</main>')[0]).not.toMatch(/NaN|undefined|Infinity|\[object/)
  }
  const { runs } = (await dashboard.json('/runs')) as { runs: unknown[] }
  expect(runs).toMatchObject([{ runId: 'only', outcome: 'unknown', rowsProcessed: null }])
})

test('an address with a filter that is not valid, an unknown page and an unknown run say what to do', async () => {
  await using dashboard = await openDashboard({ now })
  await dashboard.write(simulatedLog({ pipelines: 1, days: 1 }))
  for (const [path, status] of [
    ['/?days=none', 400],
    ['/runs?after=nothing', 400],
    ['/?from=2026-03-01&to=2026-01-01', 400],
    ['/nowhere', 404],
    ['/r/none', 404],
    ['/p/none', 404],
    ['/s/orders/gold/none', 404],
    ['/r/%E0%A4', 404],
    ['/compare', 400],
  ] as const) {
    const response = await dashboard.get(path, { accept: 'text/html' })
    expect([path, response.status]).toEqual([path, status])
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(await response.text()).toContain('id="failed"')
  }
})

test.each(['', '/ops/pipeline-runs'])(
  'below the base path %j, addresses, events and cookies stay below it',
  async (basePath) => {
    await using dashboard = await openDashboard({ now, basePath, token: 'a-token-of-a-test-0123456789' })
    await dashboard.write(simulatedLog({ pipelines: 1, days: 2 }))
    const headers = { authorization: 'Bearer a-token-of-a-test-0123456789' }
    const page = await (await dashboard.get(`${basePath}/`, headers)).text()
    const links = [...page.matchAll(/(?:href|action|data-events)="(\/[^"]*)"/g)].map(([, href]) => href ?? '')
    expect(links.filter((link) => !link.startsWith(`${basePath}/`))).toEqual([])
    for (const link of new Set(links)) {
      if (link.endsWith('/events')) continue
      expect([link, (await dashboard.get(link.replaceAll('&amp;', '&'), headers)).status]).toEqual([link, 200])
    }
    // A host that takes the base path off the address works, too.
    expect((await dashboard.get('/runs', headers)).status).toBe(200)
    const opened = await dashboard.get(`${basePath}/?token=a-token-of-a-test-0123456789`)
    expect(opened.headers.get('set-cookie')).toContain(`; Path=${basePath === '' ? '/' : basePath};`)
    expect(opened.headers.get('location')).toBe(`${basePath}/`)
    const stripped = await dashboard.get('/runs?q=a%26b&token=a-token-of-a-test-0123456789')
    expect(stripped.headers.get('location')).toBe(`${basePath}/runs?q=a%26b`)
  },
)
