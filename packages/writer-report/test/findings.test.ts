import { SIMULATED_NOW as NOW } from '@forge/fixtures'
import { saveAnomalies } from '@forge/writer-anomaly'
import type { Anomaly } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { buildReport, renderReport } from '../src/index.ts'
import { openLog } from './log.ts'

const now = () => NOW

function anomaly(id: string, change: Partial<Anomaly> = {}): Anomaly {
  const at = new Date(NOW.getTime() - 3_600_000).toISOString()
  return {
    id,
    type: 'duration_spike',
    description: `load took 90 s <${id}>`,
    severity: 'warning',
    score: 0.9,
    value: 90,
    expected: 30,
    lower: 20,
    upper: 40,
    deviation: { absolute: 60, relative: 2, robustZ: 8 },
    metric: 'duration_secs',
    pipeline: 'shop',
    phase: 'gold',
    step: 'load',
    runId: 'r',
    detectedAt: at,
    occurredAt: at,
    detector: 'robust-z',
    baseline: { n: 30, from: null, to: null, seasonality: 'none', status: 'ready' },
    ...change,
  }
}

test('stored anomalies of the period that nothing suppresses are shown, the most severe first, with a command for feedback', async () => {
  await using log = await openLog()
  await log.write([{ run_id: 'r', pipeline_id: 'shop', phase: 'gold', step_name: 'load', start_time: NOW }])
  await saveAnomalies(log.source, [
    anomaly('a'),
    anomaly('b', { severity: 'critical' }),
    anomaly('c', { suppressedBy: 'cooldown' }),
    anomaly('d', { occurredAt: '2025-01-01T00:00:00.000Z' }),
    anomaly('e', { pipeline: 'other' }),
    anomaly('f', { type: 'error_cluster', description: 'password=hunter2' }),
  ])
  const model = await buildReport(log.source, { now })
  expect(model.findings.map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'f'])
  expect(model.findings[0]?.id).toBe('b')
  const html = renderReport(model)
  expect(html).toContain('load took 90 s &lt;b&gt;')
  expect(html).toContain('forge-writer feedback expected b')
  expect(renderReport(await buildReport(log.source, { now, redactErrors: true }))).not.toContain('hunter2')
})
