// @module-tag browser
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { samplesDirectory } from '@forge/fixtures'
import { CHROMIUM, launchBrowser } from '@forge/fixtures/browser'
import { createLogWriter, parsePredicate } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { findInputs, ingestConfig, ingestFile } from '@forge/writer-ingest'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { buildReport, renderReport } from '../src/index.ts'
import { openReport } from './browser.ts'

const PICTURE = fileURLToPath(new URL('../../../docs/images/report.png', import.meta.url))
/** The evening after most samples were recorded. */
const NOW = new Date('2024-12-17T18:00:00Z')

// Skipped if there is no Chromium. UPDATE_PICTURES=1 writes the picture of the README.
test.skipIf(CHROMIUM === undefined)(
  'the report of the real samples shows them as the picture of the README does (skipped without Chromium)',
  async () => {
    const directory = newFolder()
    const storage = duckdbStorage({ path: join(directory, 'logs.duckdb') })
    const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', ...ingestConfig }
    const writer = await createLogWriter({ storage, config })
    const browser = await launchBrowser()
    try {
      for (const { path } of await findInputs([samplesDirectory])) await ingestFile(writer, path)
      const model = await buildReport(writer, {
        now: () => NOW,
        title: 'Samples',
        days: 365,
        where: parsePredicate(`start_time < '${NOW.toISOString()}'`),
      })
      // The rows before an instant are all rows at that instant.
      const html = renderReport({ ...model, about: { ...model.about, scope: null } })
      const { page, messages } = await openReport(browser, { html, viewport: { width: 1200, height: 790 } })
      // The picture says the same whenever it is made.
      await page.clock.setFixedTime(NOW)
      await page.reload()
      const target = process.env.UPDATE_PICTURES ? { path: PICTURE } : {}
      const picture = await page.screenshot(target)
      expect(picture.subarray(1, 4).toString()).toBe('PNG')
      const text = await page.locator('#pipelines').textContent()
      expect(text).toContain('jaffle_shop')
      expect(messages).toEqual([])
    } finally {
      await browser.close()
      await writer.close()
      await storage.close()
    }
  },
)
