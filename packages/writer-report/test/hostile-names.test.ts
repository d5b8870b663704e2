// @module-tag browser
import { hostileTexts, SIMULATED_NOW as NOW } from '@forge/fixtures'
import { CHROMIUM, launchBrowser } from '@forge/fixtures/browser'
import { expect, test } from 'vitest'
import { buildReport, renderReport } from '../src/index.ts'
import { goTo, openReport } from './browser.ts'
import { openLog } from './log.ts'

// Skipped if there is no Chromium.
test.skipIf(CHROMIUM === undefined)(
  '200 hostile names and messages open no dialog, run no script and add no element (skipped without Chromium)',
  async () => {
    const browser = await launchBrowser()
    await using log = await openLog({}, { inMemory: true })
    const texts = hostileTexts()
    expect(texts.length).toBeGreaterThanOrEqual(200)
    await log.write(
      texts.flatMap((text, at) => {
        const row = {
          run_id: `${at}${text}`.slice(0, 900),
          pipeline_id: at < 24 ? text : `p${at % 7}`,
          phase: 'gold' as const,
          step_name: text,
          start_time: new Date(NOW.getTime() - at * 60_000),
          end_time: NOW,
          success: at % 2 === 0,
          error_message: at % 2 === 0 ? null : text,
        }
        return [
          row,
          {
            ...row,
            phase: 'pipeline' as const,
            step_name: 'own',
            metadata: { owner: text, tags: [text], note: text },
          },
        ]
      }),
    )
    const hostile = renderReport(await buildReport(log.source, { now: () => NOW, title: texts[3] ?? '' }))
    const { page, messages, requests, dialogs } = await openReport(browser, { html: hostile })
    const ids = await page.locator('.page').evaluateAll((pages) => pages.map(({ id }) => id))
    for (const id of ids) {
      await goTo(page, `#${id}`)
    }
    const extra = await page.evaluate<number>(`document.querySelectorAll('${FORBIDDEN}').length`)
    expect({ extra, messages, requests, dialogs, hacked: await page.evaluate("'hacked' in window") }).toEqual({
      extra: 0,
      messages: [],
      requests: [],
      dialogs: [],
      hacked: false,
    })
    await browser.close()
  },
)

const FORBIDDEN =
  'img,iframe,object,embed,audio,video,form:not(.filters),base,link,marquee,script:not(body > script:last-of-type),[onerror],[onload],[onclick],[onfocus],[style]'
