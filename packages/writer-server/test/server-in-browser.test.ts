// @module-tag browser
import { hostileTexts, LONG_HOOK_MS, SIMULATED_NOW, simulatedLog } from '@forge/fixtures'
import { type Browser, CHROMIUM, launchBrowser, openPage, type Page } from '@forge/fixtures/browser'
import axe from 'axe-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningServer, serve } from '../src/index.ts'
import { ensureBuilt, writeInProcess } from './children/writer-process.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'

const now = () => SIMULATED_NOW
const LEVELS = [
  { pipeline: 'payments', dueTime: '07:00' },
  { pipeline: '*', minSuccessRatePercent: 95 },
]
const SECTIONS = ['/', '/runs', '/failures', '/quality', '/sla', '/about']

describe.skipIf(CHROMIUM === undefined)(
  'a server in Chromium (skipped without Chromium: install it, or set CHROMIUM_PATH)',
  () => {
    let browser: Browser
    let dashboard: Dashboard
    let server: RunningServer
    beforeAll(async () => {
      ensureBuilt()
      browser = await launchBrowser()
      dashboard = await openDashboard()
      await dashboard.write(simulatedLog({ pipelines: 12, days: 40 }))
      server = await serve(dashboard.writer, { port: 0, now, levels: LEVELS, title: 'Warehouse' })
    }, LONG_HOOK_MS)
    afterAll(async () => {
      await server?.close()
      await dashboard?.[Symbol.asyncDispose]()
      await browser?.close()
    })

    const at = (path: string) => `${server.url.slice(0, -1)}${path}`
    const rowsOf = (page: Page) => page.locator('#pipelines tbody tr')

    test('every page opens without a message on the console or a request to another server, and follows the log', async () => {
      const detail = ['/p/inventory', '/r/inventory-2026-03-02', '/s/inventory/bronze/step_0_inventory']
      for (const path of [...SECTIONS, ...detail, '/compare?a=inventory-2026-02-25&b=inventory-2026-03-02']) {
        await using watched = await openPage(browser, at(path))
        const { page, messages, requests, dialogs } = watched
        await page.waitForSelector('#live[data-state=live]')
        await expect(page.locator('h1, .sentence').first().isVisible()).resolves.toBe(true)
        expect({ path, messages, requests, dialogs }).toEqual({ path, messages: [], requests: [], dialogs: [] })
      }
    })

    test('filters narrow the list while they are typed, the address keeps them, and chips and the back button work', async () => {
      await using watched = await openPage(browser, at('/'))
      const { page } = watched
      await expect(rowsOf(page).count()).resolves.toBe(12)
      await page.fill('#q', 'owner:ana')
      await expect.poll(() => rowsOf(page).count()).toBe(4)
      expect(page.url()).toBe(at('/?q=owner%3Aana'))
      await expect(page.inputValue('#q')).resolves.toBe('owner:ana')
      await page.fill('#q', '')
      await expect.poll(() => rowsOf(page).count()).toBe(12)
      await page.click('[data-key=chip-failed]')
      await page.waitForURL(at('/?state=failed'))
      await expect(rowsOf(page).count()).resolves.toBe(2)
      await page.fill('#q', 'no such pipeline')
      await page.waitForSelector('#no-match:visible')
      await page.click('#drop')
      await page.waitForURL(at('/'))
      await expect(rowsOf(page).count()).resolves.toBe(12)
      await page.goBack()
      await page.goBack()
      expect(page.url()).toBe(at('/'))
    })

    test('a deep link shows its filters, and filters of rows go along to other pages', async () => {
      await using watched = await openPage(browser, at('/?owner=ana&tag=nightly&days=7&state=succeeded'))
      const { page } = watched
      await expect(page.inputValue('[name=owner]')).resolves.toBe('ana')
      await expect(page.inputValue('[name=tag]')).resolves.toBe('nightly')
      await expect(page.inputValue('[name=days]')).resolves.toBe('7')
      const api = await fetch(at('/api/v1/pipelines?owner=ana&tag=nightly'))
      const { pipelines } = (await api.json()) as { pipelines: { state: string }[] }
      const expected = pipelines.filter(({ state }) => state === 'succeeded').length
      await expect(rowsOf(page).count()).resolves.toBe(expected)
      await page.click('nav >> text=Failures')
      await page.waitForURL(at('/failures?owner=ana&tag=nightly&days=7'))
      await page.click('nav >> text=Runs')
      await page.waitForURL(at('/runs?owner=ana&tag=nightly&days=7'))
    })

    test('three clicks lead from what failed to its message, and the back button returns', async () => {
      await using watched = await openPage(browser, at('/'))
      const { page } = watched
      await page.click('#pipelines a:has-text("inventory")')
      await page.waitForURL(at('/p/inventory'))
      await page.click('dl a >> nth=0')
      await page.waitForURL(/\/r\/inventory-/)
      await expect(page.textContent('main')).resolves.toContain('column "discount_2" does not exist')
      await page.click('td a >> nth=0')
      await page.waitForURL(/\/s\/inventory\//)
      await page.goBack()
      await page.goBack()
      await page.waitForURL(at('/p/inventory'))
      await page.goBack()
      await page.waitForURL(at('/'))
    })

    test('pages of runs follow each other, and a run of any page opens', async () => {
      await using watched = await openPage(browser, at('/runs'))
      const { page } = watched
      const seen = new Set<string>()
      for (;;) {
        for (const id of await page.locator('#runs td:nth-child(2)').allTextContents()) seen.add(id)
        if ((await page.locator('#older').count()) === 0) break
        await page.click('#older')
        await page.waitForLoadState()
      }
      expect(seen.size).toBe(480)
      await page.click('#runs td:nth-child(2) a >> nth=-1')
      await page.waitForURL(/\/r\//)
      await expect(page.locator('h1').textContent()).resolves.toContain('Run of')
    })

    test('without script, links, forms, chips and tables work', async () => {
      await using watched = await openPage(browser, at('/'), { hasScript: false })
      const { page, messages } = watched
      await page.fill('#q', 'owner:ana')
      await page.click('#filters button')
      await expect(rowsOf(page).count()).resolves.toBe(4)
      await page.click('#drop')
      await page.click('[data-key=chip-failed]')
      await expect(rowsOf(page).count()).resolves.toBe(2)
      await page.click('#pipelines a:has-text("inventory")')
      await expect(page.locator('h1').textContent()).resolves.toContain('inventory')
      await page.click('summary >> nth=0')
      await expect(page.locator('details[open] table').first().isVisible()).resolves.toBe(true)
      expect(messages).toEqual([])
    })

    test('the keyboard alone searches, moves through rows, opens a page and sorts', async () => {
      await using watched = await openPage(browser, at('/'))
      const { page } = watched
      await page.keyboard.press('/')
      await page.keyboard.type('orders')
      await page.waitForURL(at('/?q=orders'))
      await expect.poll(() => rowsOf(page).count()).toBe(2)
      await expect(page.evaluate('document.activeElement.id')).resolves.toBe('q')
      await page.keyboard.press('Escape')
      await page.keyboard.press('j')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/p\/orders/)
      await page.goto(at('/'))
      const head = page.locator('th:has-text("Duration") button')
      await head.focus()
      await page.keyboard.press('Enter')
      const values = await page.evaluate<number[]>(
        "[...document.querySelectorAll('#pipelines tbody tr td:nth-child(4)')].map((cell) => Number(cell.dataset.v))",
      )
      expect(values).toEqual(values.toSorted((a, b) => a - b))
    })

    test.each([...SECTIONS, '/p/inventory', '/r/inventory-2026-03-02'])('%s fits on a phone', async (path) => {
      await using watched = await openPage(browser, at(path), { viewport: { width: 360, height: 740 } })
      const { page } = watched
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    })

    test.each(['light', 'dark'] as const)('axe finds nothing serious in the %s scheme', async (colorScheme) => {
      for (const path of [...SECTIONS, '/runs?outcome=failed', '/p/inventory', '/r/inventory-2026-03-02', '/nowhere']) {
        await using watched = await openPage(browser, at(path), { colorScheme })
        const { page } = watched
        // The policy of the page allows no other script, so that axe is not a part of it.
        await page.evaluate(axe.source)
        const found = await page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
          "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
        )
        const serious = found.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        expect([path, serious.map(({ id, nodes }) => [id, nodes[0]?.html])]).toEqual([path, []])
      }
    })

    test('200 hostile names and messages open no dialog, run no script and add no element on any page', async () => {
      await using hostile = await openDashboard({ storage: 'memory' })
      const texts = hostileTexts()
      await hostile.write(
        texts.flatMap((text, index) => {
          const row = {
            run_id: `${index}${text}`.slice(0, 900),
            pipeline_id: index < 60 ? text : `p${index % 7}`,
            start_time: new Date(SIMULATED_NOW.getTime() - index * 60_000),
            end_time: SIMULATED_NOW,
            success: index % 2 === 0,
            error_message: index % 2 === 0 ? null : text,
          }
          return [
            { ...row, phase: 'gold' as const, step_name: text },
            {
              ...row,
              phase: 'pipeline' as const,
              step_name: 'own',
              metadata: { owner: text, tags: [text], note: text },
            },
          ]
        }),
      )
      await using running = await serve(hostile.writer, { port: 0, now, title: texts[3] ?? '' })
      await using watched = await openPage(browser, running.url)
      const { page, messages, requests, dialogs } = watched
      const links = await page
        .locator('main a')
        .evaluateAll((all) => all.map((link) => (link as { href: string }).href))
      const text = encodeURIComponent(texts[1] ?? '')
      const queries = [
        '/runs',
        `/runs?q=${text}`,
        `/?q=${text}&owner=${text}&tag=${text}`,
        `/${text}`,
        '/failures',
        '/quality',
      ]
      const addresses = [
        ...new Set([...links.slice(0, 90), ...queries.map((query) => running.url.slice(0, -1) + query)]),
      ]
      for (const address of addresses) {
        await page.goto(address)
        const extra = await page.evaluate<number>(`document.querySelectorAll(${JSON.stringify(FORBIDDEN)}).length`)
        expect([address, extra, await page.evaluate("'hacked' in window")]).toEqual([address, 0, false])
      }
      // What is not found is reported by the browser.
      const unexpected = messages.filter((message) => !/status of 4\d\d/.test(message))
      expect({ messages: unexpected, requests, dialogs }).toEqual({ messages: [], requests: [], dialogs: [] })
    })

    test('a write of another process shows in place: focus, selected text and scrolling stay', async () => {
      await using live = await openDashboard({ storage: 'duckdb' })
      await live.write(simulatedLog({ pipelines: 12, days: 3 }))
      await using running = await serve(live.writer, { port: 0 })
      await using watched = await openPage(browser, running.url, { viewport: { width: 900, height: 400 } })
      const { page } = watched
      await page.waitForSelector('#live[data-state=live]')
      await page.evaluate(`
        window.scrollTo(0, 300)
        const link = document.querySelector('#pipelines a[href$="/suppliers"]')
        link.focus({ preventScroll: true })
        const heading = document.querySelector('#list h2')
        getSelection().selectAllChildren(heading)
        window.marked = [link, heading]
      `)
      const top = 'window.marked[0].getBoundingClientRect().top'
      const before = await page.evaluate(top)
      const { code, errors } = await writeInProcess({ path: live.path, prefix: 'from_elsewhere', outcome: 'failed' })
      expect([code, errors]).toEqual([0, ''])
      await page.waitForSelector('#pipelines a[href$="/from_elsewhere"]')
      const kept = await page.evaluate(`({
        focus: document.activeElement === window.marked[0] && window.marked[0].isConnected,
        selection: String(getSelection()),
        heading: window.marked[1].isConnected,
      })`)
      expect(kept).toEqual({ focus: true, selection: 'Pipelines', heading: true })
      // A new row above moves the page, and not what is looked at.
      expect(await page.evaluate(top)).toBe(before)
      expect(await page.title()).toContain('(')
    })

    test('a log that does not exist yet comes alive', async () => {
      await using live = await openDashboard({ storage: 'duckdb' })
      await using running = await serve(live.writer, { port: 0 })
      await using watched = await openPage(browser, running.url)
      const { page } = watched
      await expect(page.textContent('main')).resolves.toContain('does not exist yet')
      await page.waitForSelector('#live[data-state=live]')
      await writeInProcess({ path: live.path, prefix: 'first' })
      await page.waitForSelector('#pipelines a[href$="/first"]')
    })

    test('a page whose server went away says so, and follows again when the server is back', async () => {
      await using live = await openDashboard()
      await live.write(simulatedLog({ pipelines: 2, days: 2 }))
      const first = await serve(live.writer, { port: 0 })
      await using watched = await openPage(browser, first.url)
      const { page } = watched
      await page.waitForSelector('#live[data-state=live]')
      await first.close()
      await page.waitForSelector('#live[data-state=stale]')
      await live.write([{ run_id: 'r', pipeline_id: 'missed', phase: 'gold', step_name: 's', success: true }])
      await using again = await serve(live.writer, { port: first.port })
      expect(again.url).toBe(first.url)
      await page.waitForSelector('#pipelines a[href$="/missed"]')
      await page.waitForSelector('#live[data-state=live]')
    })

    test('a link with the token on another site leads to the page, and the token leaves the address', async () => {
      const token = 'a-token-of-a-test-0123456789'
      await using closed = await serve(dashboard.writer, { port: 0, now, token })
      await using elsewhere = await serve(dashboard.writer, { port: 0, now })
      await using watched = await openPage(browser, `http://127.0.0.1:${elsewhere.port}/about`)
      const { page } = watched
      const target = `http://localhost:${closed.port}/failures?days=7&token=${token}`
      await page.evaluate(
        `(() => { const link = document.createElement('a'); link.id = 'away'; link.href = ${JSON.stringify(target)}; link.textContent = 'away'; document.querySelector('main').prepend(link) })()`,
      )
      await page.click('#away')
      await page.waitForURL(`http://localhost:${closed.port}/failures?days=7`)
      await page.waitForSelector('h1:has-text("Failures")')
      await page.waitForSelector('#live[data-state=live]')
    })
  },
)

const FORBIDDEN =
  'img,iframe,object,embed,audio,video,form:not(.filters),base,link:not([rel=icon]),marquee,script:not(body > script:last-of-type),[onerror],[onload],[onclick],[onfocus],[style],meta[http-equiv]'
