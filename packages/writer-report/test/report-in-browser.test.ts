// @module-tag browser
import { LONG_HOOK_MS, SIMULATED_NOW as NOW, simulatedLog } from '@forge/fixtures'
import { type Browser, CHROMIUM, launchBrowser, type Page } from '@forge/fixtures/browser'
import axe from 'axe-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReport, type ReportModel, renderReport } from '../src/index.ts'
import { goTo, openReport } from './browser.ts'
import { openLog } from './log.ts'

const now = () => NOW

describe.skipIf(CHROMIUM === undefined)(
  'a report in Chromium (skipped without Chromium: install it, or set CHROMIUM_PATH)',
  () => {
    let browser: Browser
    let model: ReportModel
    let html = ''
    /** The same with a few pages: axe looks at hidden ones, too. */
    let small = ''
    beforeAll(async () => {
      browser = await launchBrowser()
      await using log = await openLog({
        serviceLevels: [
          { pipeline: 'payments', dueTime: '07:00' },
          { pipeline: '*', minSuccessRatePercent: 95 },
        ],
      })
      await log.write(simulatedLog({ pipelines: 12, days: 40 }))
      model = await buildReport(log.source, { now, title: 'Warehouse', command: 'forge-writer report' })
      html = renderReport(model)
      small = renderReport({
        ...model,
        pipelinePages: model.pipelinePages.slice(0, 1),
        runPages: model.runPages.slice(0, 1),
      })
    }, LONG_HOOK_MS)
    afterAll(() => browser?.close())

    const rowsOf = (page: Page) => page.locator('#pipelines tbody tr:visible')

    test('every page opens by its address without a message on the console or a request', async () => {
      const ids = [...html.matchAll(/<section class="page[^"]*" id="([^"]*)"/g)].map(([, id]) => id ?? '')
      expect(ids.length).toBeGreaterThan(30)
      const { page, messages, requests, dialogs } = await openReport(browser, { html })
      for (const id of ids) {
        await goTo(page, `#${id}`)
        await page.waitForFunction(`document.querySelector('.page.on')?.id === ${JSON.stringify(id)}`)
        expect(await page.locator('.page:visible').count()).toBe(1)
      }
      expect({ messages, requests, dialogs }).toEqual({ messages: [], requests: [], dialogs: [] })
      await page.context().close()
    })

    test('the filter, the chips and the checkbox narrow the list, and the address keeps them', async () => {
      const { page } = await openReport(browser, { html })
      await expect(rowsOf(page).count()).resolves.toBe(12)
      await page.fill('#q', 'owner:ana')
      const ana = model.pipelines.pipelines.filter(({ owner }) => owner === 'ana')
      await expect(rowsOf(page).count()).resolves.toBe(ana.length)
      expect(page.url()).toContain('q=owner%3Aana')
      await page.fill('#q', '')
      await page.click('[data-chip=failed]')
      await expect(rowsOf(page).count()).resolves.toBe(2)
      await page.check('#hide-fine')
      await page.fill('#q', 'no such pipeline')
      await expect(page.locator('#no-match').isVisible()).resolves.toBe(true)
      await page.click('#drop')
      await expect(rowsOf(page).count()).resolves.toBe(12)
      await page.context().close()
    })

    test('a link to a filtered page shows the filter, and a sorted column is in order', async () => {
      const { page } = await openReport(browser, { html, at: '#/?q=tag%3Afinance&state=succeeded' })
      const expected = model.pipelines.pipelines.filter(
        ({ state, tags }) => state === 'succeeded' && tags.includes('finance'),
      )
      await expect(rowsOf(page).count()).resolves.toBe(expected.length)
      await expect(page.inputValue('#q')).resolves.toBe('tag:finance')
      await page.click('th:has-text("Duration") button')
      const values = await page.evaluate<number[]>(
        "[...document.querySelectorAll('#pipelines tbody tr:not([hidden]) td:nth-child(4)')].map((cell) => Number(cell.dataset.v))",
      )
      expect(values).toEqual(values.toSorted((a, b) => a - b))
      await page.context().close()
    })

    test('three clicks lead from what failed to its message, and the back button returns', async () => {
      const { page } = await openReport(browser, { html })
      await page.click('#pipelines a:has-text("inventory")')
      await expect(page.locator('.page.on h1').textContent()).resolves.toContain('inventory')
      await page.click('.page.on dl a')
      await expect(page.locator('.page.on').textContent()).resolves.toContain('column "discount_2" does not exist')
      await page.click('.page.on td a >> nth=0')
      expect(new URL(page.url()).hash).toMatch(/^#\/s\/inventory\//)
      await page.goBack()
      await page.goBack()
      expect(new URL(page.url()).hash).toBe('#/p/inventory')
      await page.goBack()
      await expect(page.locator('.page.today').isVisible()).resolves.toBe(true)
      await page.context().close()
    })

    test('without script the page of the address is shown, links work, and tables are there', async () => {
      const { page } = await openReport(browser, { html, hasScript: false })
      await expect(page.locator('.page:visible').count()).resolves.toBe(1)
      await expect(page.locator('.filters').first().isVisible()).resolves.toBe(false)
      await page.click('#pipelines a:has-text("inventory")')
      await expect(page.locator('.page:visible h1').textContent()).resolves.toContain('inventory')
      await page.click('.page:visible summary >> nth=0')
      await expect(page.locator('.page:visible table:visible').first().isVisible()).resolves.toBe(true)
      await page.click('text=Failures')
      await expect(page.locator('.page:visible h1').textContent()).resolves.toBe('Failures')
      await page.context().close()
    })

    test.each([
      ['a frame', 'srcdoc'],
      ['a policy of the server', 'header'],
    ])('in a sandbox by %s, with an opaque origin, the script works', async (_name, kind) => {
      const isFrame = kind === 'srcdoc'
      const frame = '<!doctype html><iframe sandbox="allow-scripts" width="1200" height="700"></iframe>'
      const { page, messages } = await openReport(browser, isFrame ? { html: frame } : { html, isSandboxed: true })
      if (isFrame) await page.evaluate(`document.querySelector('iframe').srcdoc = ${JSON.stringify(html)}`)
      const inside = isFrame ? page.frameLocator('iframe') : page
      await inside.locator('#pipelines').waitFor()
      await inside.locator('#q').fill('orders')
      await expect.poll(() => inside.locator('#pipelines tbody tr:visible').count()).toBe(2)
      await inside.locator('#pipelines a:has-text("orders_1")').first().click()
      await expect.poll(() => inside.locator('.page.on h1').textContent()).toContain('orders_1')
      expect(messages).toEqual([])
      await page.context().close()
    })

    test('the keyboard reaches the filter, the rows and the pages', async () => {
      const { page } = await openReport(browser, { html })
      await page.keyboard.press('/')
      await page.keyboard.type('pay')
      await expect.poll(() => rowsOf(page).count()).toBe(2)
      await page.keyboard.press('Escape')
      await page.keyboard.press('j')
      await page.keyboard.press('j')
      await expect(page.evaluate('document.activeElement.textContent')).resolves.toBe('payments')
      await page.keyboard.press('Enter')
      await expect(page.locator('.page.on h1').textContent()).resolves.toContain('payments')
      await page.context().close()
    })

    test.each([360, 768, 1280])('at a width of %d px nothing reaches over the edge', async (width) => {
      const { page } = await openReport(browser, { html, viewport: { width, height: 800 } })
      const failed = model.pipelines.pipelines[0]?.lastRun
      for (const hash of [
        '#/',
        '#/failures',
        '#/quality',
        '#/sla',
        '#/about',
        '#/p/inventory',
        `#/r/${failed?.runId}`,
      ]) {
        await goTo(page, hash)
        const overflow = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        expect({ hash, overflow }).toEqual({ hash, overflow: 0 })
      }
      await page.context().close()
    })

    test.each(['light', 'dark'] as const)('axe finds nothing serious in the %s scheme', async (colorScheme) => {
      // The policy of the file forbids other scripts, so it is taken out for this test.
      const open = small.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '')
      const { page } = await openReport(browser, { html: open, colorScheme })
      await page.addScriptTag({ content: axe.source })
      for (const hash of [
        '#/',
        '#/failures',
        '#/quality',
        '#/sla',
        '#/about',
        '#/p/inventory',
        `#/r/${model.pipelines.pipelines[0]?.lastRun.runId}`,
      ]) {
        await goTo(page, hash)
        const found = await page.evaluate<
          unknown[]
        >(`axe.run({ include: [['.top'], ['.page.on']] }).then(({ violations }) => violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => [id, nodes[0].html.slice(0, 150), nodes[0].failureSummary.slice(0, 300)]))`)
        expect({ hash, found }).toEqual({ hash, found: [] })
      }
      await page.context().close()
    })

    test('it prints all pages, in the light scheme', async () => {
      const { page } = await openReport(browser, { html, colorScheme: 'dark' })
      const pdf = await page.pdf({ format: 'A4' })
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
      await page.emulateMedia({ media: 'print' })
      await expect(page.locator('.page:visible').count()).resolves.toBeGreaterThan(30)
      await expect(page.evaluate('getComputedStyle(document.body).backgroundColor')).resolves.toBe('rgb(255, 255, 255)')
      await page.context().close()
    })

    test.each([
      ['empty', []],
      [
        'one run',
        [
          {
            run_id: 'a',
            pipeline_id: 'only',
            phase: 'gold' as const,
            step_name: 's',
            start_time: new Date(NOW.getTime() - 60_000),
            end_time: NOW,
            duration_secs: 60,
          },
        ],
      ],
    ])('%s makes readable pages', async (_name, rows) => {
      await using log = await openLog({}, { inMemory: true })
      await log.write(rows)
      const { page, messages } = await openReport(browser, {
        html: renderReport(await buildReport(log.source, { now })),
      })
      for (const link of ['Failures', 'Quality', 'Service levels', 'About', 'Today']) {
        await page.click(`.top nav a:has-text("${link}")`)
        expect((await page.locator('.page.on').textContent())?.length).toBeGreaterThan(20)
      }
      expect(messages).toEqual([])
      await page.context().close()
    })
  },
)
