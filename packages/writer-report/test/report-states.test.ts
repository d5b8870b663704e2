// @module-tag browser
import { LONG_HOOK_MS, SIMULATED_NOW as NOW, oddLogs, simulatedLog } from '@forge/fixtures'
import { type Browser, CHROMIUM, findFlaws, keepScreenshot, launchBrowser } from '@forge/fixtures/browser'
import type { LogRowInput, ServiceLevelSettings } from '@forge/writer-core'
import { qualityGate, rules } from '@forge/writer-quality'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReport, type ReportModel, type RunningWork, renderMarkdown, renderReport } from '../src/index.ts'
import { goTo, openReport } from './browser.ts'
import { openLog } from './log.ts'

const now = () => NOW
const at = (minutesAgo: number) => new Date(NOW.getTime() - minutesAgo * 60_000)

const ODD = oddLogs(NOW)
const STEP = { run_id: 'a', pipeline_id: 'only', phase: 'gold', step_name: 'load' } as const
const OWN = { ...STEP, phase: 'pipeline', step_name: 'only' } as const

interface State {
  readonly serviceLevels?: readonly ServiceLevelSettings[]
  readonly rows: Iterable<LogRowInput>
  readonly running?: readonly RunningWork[]
  readonly check: (model: ReportModel, html: string) => void
}

const live = (change: Partial<RunningWork>): RunningWork => ({
  runId: 'r',
  pipelineId: 'orders',
  step: null,
  state: 'running',
  startedAt: at(7).toISOString(),
  seenAt: at(0.2).toISOString(),
  host: 'worker-1',
  command: 'dbt build',
  ...change,
})

const STATES: Readonly<Record<string, State>> = {
  empty: {
    rows: [],
    check: (_model, html) => expect(html).toContain('forge-writer ingest target/'),
  },
  'one-row': {
    rows: [{ ...STEP, start_time: at(2), end_time: at(1), duration_secs: 60 }],
    check: (model) => expect(model.pipelines.pipelines.map(({ state }) => state)).toEqual(['succeeded']),
  },
  'clocks-that-disagree': {
    rows: ODD.clocksThatDisagree,
    check: (_model, html) =>
      expect(visibleTextOf(html).match(/.{0,40}(NaN|Infinity|-\d+ (s|min|h)\b).{0,20}/g)).toBeNull(),
  },
  'unknown-row-counts': {
    rows: [1, 2, 3].map((day) => ({
      ...STEP,
      run_id: `r${day}`,
      start_time: at(day * 1440),
      end_time: at(day * 1440 - 5),
      duration_secs: 300,
      rows_processed: 0,
      metadata: { rows_unknown: true },
    })),
    check: (model, html) => {
      expect(model.pipelines.pipelines[0]?.lastRun.rowsProcessed).toBeNull()
      expect(html).toContain('The rows of these runs are not known.')
    },
  },
  'running-and-lost': {
    rows: [
      { ...STEP, pipeline_id: 'orders', start_time: at(100), end_time: at(90), duration_secs: 600 },
      {
        ...OWN,
        pipeline_id: 'dead',
        run_id: 'd',
        start_time: at(300),
        end_time: at(280),
        success: false,
        error_message: 'lost: the process was killed',
        metadata: { status: 'lost', lost_reason: 'killed' },
      },
    ],
    running: [
      live({}),
      live({ runId: 's', pipelineId: 'first_run_ever', startedAt: at(200).toISOString() }),
      live({ runId: 'x', pipelineId: 'gone', state: 'lost', seenAt: at(190).toISOString(), command: 'load <b>' }),
    ],
    check: (model, html) => {
      expect(model.running.map(({ runId }) => runId)).toEqual(['s', 'r', 'x'])
      const [sentence = ''] = /<p class="sentence">.*?<\/p>/s.exec(html) ?? []
      expect(sentence).toContain('2 died')
      expect(sentence).toContain('2 are running')
      expect(html).toContain('load &lt;b&gt;')
    },
  },
  '10000-steps': {
    rows: manySteps(10_000),
    check: (model, html) => {
      expect(model.runPages[0]?.steps).toHaveLength(10_000)
      expect(html).toContain('of 10,000')
    },
  },
  '500-pipelines': {
    rows: simulatedLog({ pipelines: 520, days: 2, steps: 2 }),
    check: (model) => {
      expect(model.pipelines.pipelines).toHaveLength(500)
      expect(model.pipelines.otherPipelines).toBe(20)
      expect(model.about.otherPipelinePages).toBe(496)
    },
  },
  failing: {
    rows: simulatedLog({ pipelines: 12, days: 60 }),
    check: (model, html) => {
      const points = model.pipelinePages.flatMap(({ expected }) => expected)
      expect(points.filter(({ phase }) => phase === 'pipeline').length).toBeGreaterThan(200)
      expect(html).toContain('the band shows the expected values')
      expect(model.failures.flakySteps.length).toBeGreaterThan(0)
      expect(model.comparisons.length).toBeGreaterThan(0)
    },
  },
  'missed-and-late': {
    serviceLevels: [{ pipeline: '*', dueTime: '06:00', maxDurationSecs: 420, minSuccessRatePercent: 99 }],
    rows: ['orders', 'clicks'].flatMap((pipeline) =>
      Array.from({ length: 24 }, (_none, day) => 24 - day)
        .filter((day) => pipeline === 'clicks' || ![1, 5, 6].includes(day))
        .map((day) => ({
          ...STEP,
          run_id: `${pipeline}-${day}`,
          pipeline_id: pipeline,
          start_time: at(day * 1440 - 1020),
          end_time: at(day * 1440 - 1026),
          duration_secs: day === 9 ? 600 : 360,
          created_at: day === 2 ? at(0) : at(day * 1440 - 1027),
        })),
    ),
    check: (model, html) => {
      const orders = model.pipelines.pipelines.find(({ pipeline }) => pipeline === 'orders')
      expect(orders).toMatchObject({ state: 'late', maxDurationSecs: 420 })
      const missed = [at(5 * 1440 + 360), at(4 * 1440 + 360), at(360)].map((due) => due.toISOString())
      expect(orders?.missedAt.map((due) => due.slice(0, 10))).toEqual(missed.map((due) => due.slice(0, 10)))
      expect(html).toContain('3 missed runs')
      expect(html.match(/<rect class="m"/g)).toHaveLength(3)
      expect(html).toContain('at most 7 min 00 s')
      const markdown = renderMarkdown(model)
      expect(markdown).toContain('| late since 6 h ago |')
      expect(markdown).toContain('### Service levels')
    },
  },
  'long-names': {
    rows: ODD.longNames,
    check: (model) => expect(model.failures.failedSteps).toBe(1),
  },
}

function* manySteps(count: number): Generator<LogRowInput> {
  for (let step = 0; step < count; step++) {
    const start = at(200).getTime() + step * 100
    yield {
      ...STEP,
      run_id: 'huge',
      step_name: `model_${step}`,
      start_time: new Date(start),
      end_time: new Date(start + 5000),
      duration_secs: 5,
      success: step % 1000 !== 0,
      error_message: step % 1000 === 0 ? `model ${step} is broken` : null,
    }
  }
}

function visibleTextOf(html: string): string {
  return html.slice(html.indexOf('<main>'), html.lastIndexOf('<script>')).replaceAll(/<[^>]*>/g, ' ')
}

describe.skipIf(CHROMIUM === undefined)(
  'states of a report in Chromium (skipped without Chromium: install it, or set CHROMIUM_PATH)',
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launchBrowser()
    }, LONG_HOOK_MS)
    afterAll(() => browser?.close())

    test.each(Object.entries(STATES))('%s is shown whole on a screen and on a phone', async (name, state) => {
      await using log = await openLog({ serviceLevels: state.serviceLevels })
      await log.write(state.rows)
      const model = await buildReport(log.source, { now, running: state.running })
      const html = renderReport(model)
      state.check(model, html)
      expect(Buffer.byteLength(html)).toBeLessThan(1_000_000)
      expect(renderMarkdown(model)).not.toMatch(/NaN|undefined|Infinity|\[object/)
      expect(visibleTextOf(html)).not.toMatch(/NaN|undefined|\[object/)
      const routes = ['/', ...firstPages(html), '/failures', '/quality', '/sla', '/about']
      for (const [width, height] of [[1280, 800] as const, [360, 740] as const]) {
        const { page, messages, requests } = await openReport(browser, { html, viewport: { width, height } })
        for (const route of routes) {
          await goTo(page, `#${route}`)
          await page.waitForFunction(`document.querySelector('.page.on')?.id === ${JSON.stringify(route)}`)
          const kind = route === '/' ? 'today' : (route.split('/')[1] ?? '')
          await keepScreenshot(page, `report/${name}-${kind}-${width}`, {
            isWhole: route !== '/' || name !== '500-pipelines',
          })
          expect({ route, width, flaws: await findFlaws(page) }).toEqual({ route, width, flaws: [] })
        }
        expect({ messages, requests }).toEqual({ messages: [], requests: [] })
        await page.context().close()
      }
    })

    test('pages are readable in the dark scheme, and on paper', async () => {
      await using log = await openLog({ serviceLevels: [{ pipeline: 'payments*', dueTime: '03:00' }] })
      await log.write(simulatedLog({ pipelines: 12, days: 60 }))
      const html = renderReport(await buildReport(log.source, { now, running: [live({})] }))
      const dark = await openReport(browser, { html, colorScheme: 'dark' })
      for (const route of ['/', ...firstPages(html), '/failures', '/sla']) {
        await goTo(dark.page, `#${route}`)
        await dark.page.waitForFunction(`document.querySelector('.page.on')?.id === ${JSON.stringify(route)}`)
        await keepScreenshot(dark.page, `report/dark-${route.split('/')[1] || 'today'}-1280`)
        expect({ route, flaws: await findFlaws(dark.page) }).toEqual({ route, flaws: [] })
      }
      await dark.page.context().close()
      const paper = await openReport(browser, { html, viewport: { width: 794, height: 1123 } })
      await paper.page.emulateMedia({ media: 'print' })
      await keepScreenshot(paper.page, 'report/print-794', { isWhole: false })
      await expect(paper.page.locator('.page:visible').count()).resolves.toBeGreaterThan(20)
      await expect(paper.page.evaluate('document.documentElement.scrollWidth')).resolves.toBe(794)
      await paper.page.context().close()
    })

    test('verdicts, failing rules and rows in quarantine are on the page of quality', async () => {
      const gate = qualityGate({
        rules: [rules.range('duration_secs', { max: 100 }), rules.notNull('step_type')],
        policy: 'quarantine',
      })
      await using log = await openLog({ logDataQualityResults: true }, { hooks: [gate] })
      for (let write = 0; write < 12; write++) {
        await log.write([
          { ...STEP, run_id: `w${write}`, step_type: 'x', start_time: at(write * 60), duration_secs: 5 },
          {
            ...STEP,
            run_id: `w${write}`,
            step_name: 'slow',
            start_time: at(write * 60),
            duration_secs: write % 3 === 0 ? 500 : 5,
          },
        ])
      }
      const model = await buildReport(log.source, { now: () => new Date(), days: 3650 })
      expect(model.verdicts.judgedWrites).toBe(12)
      expect(model.verdicts.quarantine.rows).toBe(4)
      const { page, messages } = await openReport(browser, { html: renderReport(model), at: '#/quality' })
      await keepScreenshot(page, 'report/quality-verdicts-1280')
      const text = await page.locator('.page.on').textContent()
      expect(text).toContain('Quarantine')
      expect(text).toContain('Verdicts')
      expect({ flaws: await findFlaws(page), messages }).toEqual({ flaws: [], messages: [] })
      await page.context().close()
    })
  },
)

/** Returns the first page of each kind: of a pipeline, a run, a comparison and a step. */
function firstPages(html: string): string[] {
  const ids = [...html.matchAll(/<section class="page[^"]*" id="([^"]*)"/g)].map(([, id = '']) => id)
  return ['/p/', '/r/', '/compare/', '/s/'].flatMap((kind) => ids.find((id) => id.startsWith(kind)) ?? [])
}
