import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

let cwd = ''
beforeEach(async () => {
  cwd = newFolder()
  const row = {
    run_id: 'r',
    pipeline_id: 'shop',
    phase: 'gold',
    step_name: 'load',
    rows_processed: 10,
    duration_secs: 1,
  }
  await writeFile(join(cwd, 'rows.ndjson'), JSON.stringify(row))
})

test('settings of quality, anomalies and alerts in the config file act on what is ingested', async () => {
  const settings = { logDataQualityResults: true, minValidationRate: 90, enableAnomalyDetection: true }
  await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify(settings))
  const { code, stderr } = await runCli(['ingest', 'rows.ndjson'], { cwd })
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')])
  const verdicts = await runCli(['query', '--table', 'pipeline_logs_quality', '--json'], {
    cwd,
  })
  expect(verdicts.stderr).toBe('')
  expect(JSON.parse(verdicts.stdout).rows.length).toBeGreaterThan(0)
  const shown = await runCli(['query', '--table', 'pipeline_logs_quality'], { cwd })
  expect(shown.stdout).toMatch(/judged_at.*\n/)
})
