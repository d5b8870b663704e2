import { expect, test } from 'vitest'
import { buildReport, renderReport } from '../src/index.ts'
import { CHROMIUM, goTo, launchBrowser, openReport } from './browser.ts'
import { openLog } from './log.ts'
import { NOW } from './simulated-log.ts'

// Skipped if there is no Chromium.
test.skipIf(CHROMIUM === undefined)(
  '200 hostile names and messages open no dialog, run no script and add no element',
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

function hostileTexts(): string[] {
  const payloads = [
    '<script>window.hacked=1</script>',
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    '</title><script>alert(1)</script>',
    '</style><script>alert(1)</script>',
    '</script><script>alert(1)</script>',
    'javascript:alert(1)',
    '{{constructor.constructor("alert(1)")()}}',
    '<iframe srcdoc="<script>alert(1)</script>">',
    '<a href="javascript:alert(1)">x</a>',
    '\u202egnp.exe',
    '\u0000nul\u0008',
    '<!-- --><b>',
    ']]><x>',
    '&lt;script&gt;',
    `${'$'}{alert(1)}`,
    '#/../..',
    '?q=<b>',
    '%3Cscript%3E%',
    '" autofocus onfocus=alert(1) x="',
    '\u2028line',
    '<base href=//evil.test>',
    '<form action=//evil.test><input>',
    '<link rel=stylesheet href=//evil.test>',
    '🏴‍☠️ 事件',
  ]
  const wraps = [
    (text: string) => text,
    (text: string) => text.toUpperCase(),
    (text: string) => `${text}\n${text}`,
    (text: string) => `"${text}"`,
    (text: string) => `'${text}'`,
    (text: string) => `a\`${text}`,
    (text: string) => `${'x'.repeat(60)}${text}`,
    (text: string) => `${text}${'y'.repeat(300)}`,
  ]
  return payloads.flatMap((payload) => wraps.map((wrap) => wrap(payload)))
}
