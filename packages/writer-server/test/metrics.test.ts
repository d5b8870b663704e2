import { hostileTexts, SIMULATED_NOW, simulatedLog } from '@forge/fixtures'
import fc from 'fast-check'
import parsePrometheus from 'parse-prometheus-text-format'
import { expect, test } from 'vitest'
import { expositionOf } from '../src/metrics/exposition.ts'
import { openDashboard, STORAGES } from './dashboard.ts'

const now = () => SIMULATED_NOW

interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly metrics: readonly { readonly value: string; readonly labels?: Readonly<Record<string, string>> }[]
}

function parse(text: string): Family[] {
  return parsePrometheus(text) as Family[]
}

test.each(STORAGES)('on %s, every pipeline has its metrics, by the conventions of Prometheus', async (storage) => {
  await using dashboard = await openDashboard({ storage, now, levels: [{ pipeline: 'payments', dueTime: '07:00' }] })
  await dashboard.write(simulatedLog({ pipelines: 6, days: 10 }))
  const response = await dashboard.get('/metrics')
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const families = parse(await response.text())
  for (const { name, help, type } of families) {
    expect(name).toMatch(/^forge_writer_[a-z_]+$/)
    expect(help).not.toBe('')
    expect(type).toBe(name.endsWith('_total') ? 'COUNTER' : 'GAUGE')
  }
  const { pipelines } = (await dashboard.json('/pipelines')) as {
    pipelines: {
      pipeline: string
      lastRun: { durationSecs: number; startedAt: string }
      lastSuccess: { endedAt: string }
    }[]
  }
  const value = (name: string, pipeline: string, outcome?: string) => {
    const family = families.find((each) => each.name === `forge_writer_pipeline_${name}`)
    const sample = family?.metrics.find(
      ({ labels }) => labels?.pipeline === pipeline && (outcome === undefined || labels.outcome === outcome),
    )
    return sample && Number(sample.value)
  }
  for (const { pipeline, lastRun, lastSuccess } of pipelines) {
    expect(value('last_run_duration_seconds', pipeline)).toBe(lastRun.durationSecs)
    expect(value('last_run_timestamp_seconds', pipeline)).toBe(Date.parse(lastRun.startedAt) / 1000)
    expect(value('last_success_timestamp_seconds', pipeline)).toBe(Date.parse(lastSuccess.endedAt) / 1000)
    const counts = ['succeeded', 'failed', 'unknown'].map((outcome) => value('runs_total', pipeline, outcome) ?? 0)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10)
  }
})

test('a log that does not exist has metrics of the table only', async () => {
  await using dashboard = await openDashboard()
  const families = parse(await (await dashboard.get('/metrics')).text())
  expect(families.map(({ name }) => name)).toEqual([
    'forge_writer_build_info',
    'forge_writer_table_rows',
    'forge_writer_table_version',
    'forge_writer_pipelines_left_out',
  ])
})

test('names of pipelines come back as they are, whatever is in them', async () => {
  const texts = hostileTexts().map((text) => text.slice(0, 200))
  await using dashboard = await openDashboard({ now })
  await dashboard.write(
    texts.map((text) => ({ run_id: 'r', pipeline_id: text, phase: 'gold' as const, step_name: 's', success: true })),
  )
  const families = parse(await (await dashboard.get('/metrics')).text())
  const totals = families.find(({ name }) => name === 'forge_writer_pipeline_rows_written_total')
  expect(new Set(totals?.metrics.map(({ labels }) => labels?.pipeline))).toEqual(new Set(texts))
})

test('labels and figures can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), (label, value) => {
      fc.pre(!/\p{Surrogate}/u.test(label))
      const text = expositionOf([
        { name: 'forge_x', type: 'gauge', help: 'a\\b\nc', samples: [{ labels: { label }, value }] },
      ])
      const [family] = parse(text)
      expect(family?.metrics[0]).toEqual({ value: String(value), labels: { label } })
    }),
  )
})
