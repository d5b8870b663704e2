import { hostileTexts, LONG_HOOK_MS, SIMULATED_NOW, simulatedLog } from '@forge/fixtures'
import { findPromtool, type Promtool } from '@forge/fixtures/prometheus'
import { beforeAll, describe, expect, test } from 'vitest'
import { openDashboard, STORAGES } from './dashboard.ts'

const found = await findPromtool()
const reason = 'reason' in found ? ` (skipped: ${found.reason})` : ''

describe.skipIf('reason' in found)(`metrics, as Prometheus reads them${reason}`, () => {
  let promtool: Promtool
  beforeAll(() => {
    if ('reason' in found) throw new TypeError(found.reason)
    promtool = found
  }, LONG_HOOK_MS)

  test.each(STORAGES)('on %s, promtool finds nothing wrong with the metrics of a log', async (storage) => {
    const levels = [{ pipeline: 'payments', dueTime: '07:00', maxDurationSecs: 60, minSuccessRatePercent: 99 }]
    await using dashboard = await openDashboard({ storage, now: () => SIMULATED_NOW, levels })
    expect(promtool.check(await (await dashboard.get('/metrics')).text())).toBe('')
    await dashboard.write(simulatedLog({ pipelines: 12, days: 10 }))
    expect(promtool.check(await (await dashboard.get('/metrics')).text())).toBe('')
  })

  test('promtool reads hostile names of pipelines, owners and messages', async () => {
    await using dashboard = await openDashboard({ now: () => SIMULATED_NOW })
    await dashboard.write(
      hostileTexts().map((text, at) => ({
        run_id: `run-${at}`,
        pipeline_id: text,
        phase: 'pipeline',
        step_name: text,
        start_time: SIMULATED_NOW,
        success: at % 2 === 0,
        error_message: text,
        metadata: { owner: text, tags: [text] },
      })),
    )
    const metrics = await (await dashboard.get('/metrics')).text()
    expect(metrics.split('\n').length).toBeGreaterThan(hostileTexts().length)
    expect(promtool.check(metrics)).toBe('')
  })

  test('promtool finds what is wrong', () => {
    expect(promtool.check('# TYPE a counter\na 1\n')).not.toBe('')
    expect(promtool.check('a{b="c} 1\n')).not.toBe('')
  })
})
