// @module-tag browser
import { LONG_HOOK_MS, SIMULATED_NOW as NOW, oddLogs, simulatedLog } from '@forge/fixtures'
import { type Browser, CHROMIUM, findFlaws, keepScreenshot, launchBrowser, openPage } from '@forge/fixtures/browser'
import type { LogRowInput, ServiceLevelSettings } from '@forge/writer-core'
import type { RunningWork } from '@forge/writer-report'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve } from '../src/index.ts'
import { openDashboard } from './dashboard.ts'

const now = () => NOW
const at = (minutesAgo: number) => new Date(NOW.getTime() - minutesAgo * 60_000)

const ODD = oddLogs(NOW)
const STEP = { run_id: 'a', pipeline_id: 'only', phase: 'gold', step_name: 'load' } as const
const OWN = { ...STEP, phase: 'pipeline', step_name: 'only' } as const
const DETAILS = ['/p/only', '/r/a', '/s/only/gold/load']

interface State {
  readonly rows: Iterable<LogRowInput>
  readonly levels?: readonly ServiceLevelSettings[]
  readonly running?: readonly RunningWork[]
  /** The pages of single things that the state has. */
  readonly details: readonly string[]
  /** What the first page says. */
  readonly today: string
  /** What other pages say. */
  readonly says?: Readonly<Record<string, string>>
}

const STATES: Readonly<Record<string, State>> = {
  empty: { rows: [], details: [], today: 'does not exist yet' },
  'one-row': {
    rows: [{ ...STEP, start_time: at(2), end_time: at(1), duration_secs: 60 }],
    details: DETAILS,
    today: 'No pipeline failed',
  },
  'clocks-that-disagree': {
    rows: ODD.clocksThatDisagree,
    details: [...DETAILS, '/compare?a=a&b=c'],
    today: 'clock suspect',
    says: { '/runs': 'clock suspect', '/r/a': 'clock suspect' },
  },
  'unknown-row-counts': {
    rows: [3, 2, 1].map((day) => ({
      ...STEP,
      run_id: day === 1 ? 'a' : `r${day}`,
      start_time: at(day * 1440),
      end_time: at(day * 1440 - 5),
      duration_secs: 300,
      metadata: { rows_unknown: true },
    })),
    details: DETAILS,
    today: 'No pipeline failed',
  },
  'running-and-lost': {
    rows: [
      { ...STEP, start_time: at(100), end_time: at(90), duration_secs: 600 },
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
    running: (['running', 'lost'] as const).map((state) => ({
      runId: `run-${state}`,
      pipelineId: 'only',
      step: null,
      state,
      startedAt: at(7).toISOString(),
      seenAt: at(0.2).toISOString(),
      host: 'worker-1',
      command: 'dbt build <b>',
    })),
    details: [...DETAILS, '/p/dead', '/r/d'],
    today: '2 died',
    says: { '/failures': 'lost: the process was killed' },
  },
  '10000-steps': {
    rows: Array.from({ length: 10_000 }, (_none, step) => ({
      ...STEP,
      step_name: step === 0 ? 'load' : `model_${step}`,
      start_time: new Date(at(200).getTime() + step * 100),
      end_time: new Date(at(200).getTime() + step * 100 + 5000),
      duration_secs: 5,
      success: step % 1000 !== 1,
      error_message: step % 1000 === 1 ? `model ${step} is broken` : null,
    })),
    details: DETAILS,
    today: 'The pipeline failed',
  },
  '500-pipelines': {
    rows: simulatedLog({ pipelines: 500, days: 2, steps: 2 }),
    details: ['/p/orders'],
    today: 'of 500 pipelines failed',
  },
  failing: {
    rows: simulatedLog({ pipelines: 12, days: 60 }),
    levels: [{ pipeline: 'payments*', dueTime: '03:00', maxDurationSecs: 200 }],
    details: ['/p/inventory', '/r/inventory-2026-03-02', '/s/inventory/bronze/step_0_inventory', '/p/payments_1'],
    today: '2 of 12 pipelines failed',
  },
  'long-names': {
    rows: ODD.longNames,
    details: [],
    today: 'The pipeline failed',
  },
}

const SECTIONS = ['/', '/runs', '/failures', '/quality', '/sla', '/about']

describe.skipIf(CHROMIUM === undefined)(
  'states of a server in Chromium (skipped without Chromium: install it, or set CHROMIUM_PATH)',
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launchBrowser()
    }, LONG_HOOK_MS)
    afterAll(() => browser?.close())

    test.each(Object.entries(STATES))(
      '%s is shown whole on a screen, on a phone and in the dark',
      async (name, state) => {
        await using dashboard = await openDashboard()
        await dashboard.write(state.rows)
        const { levels, running = [] } = state
        await using server = await serve(dashboard.writer, { port: 0, now, levels, readRunning: () => running })
        const base = server.url.slice(0, -1)
        for (const [look, options] of Object.entries(LOOKS)) {
          await using watched = await openPage(browser, `${base}/`, options)
          const { page, messages, requests } = watched
          for (const path of [...SECTIONS, ...state.details]) {
            await page.goto(`${base}${path}`)
            await page.waitForSelector('#live[data-state=live]')
            const kind = path.split(/[/?]/)[1] || 'today'
            await keepScreenshot(page, `server/${name}-${kind}-${look}`, { isWhole: name !== '500-pipelines' })
            const words = path === '/' ? state.today : (state.says?.[path] ?? '')
            expect(await page.textContent('main')).toContain(words)
            expect(await page.textContent('main')).not.toMatch(/NaN|undefined|Infinity|\[object/)
            expect({ path, look, flaws: await findFlaws(page) }).toEqual({ path, look, flaws: [] })
          }
          expect({ messages, requests }).toEqual({ messages: [], requests: [] })
        }
      },
    )
  },
)

const LOOKS = {
  1280: { viewport: { width: 1280, height: 800 } },
  360: { viewport: { width: 360, height: 740 } },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
} as const
