// @module-tag many-cases
import { simulatedYear } from '@forge/fixtures'
import { detectAnomalies, type ExpectedPoint, readExpected } from '@forge/writer-anomaly'
import { createLogWriter, type LogRowInput, memoryStorage, type TableSource } from '@forge/writer-core'
import { expect, test } from 'vitest'

const START = new Date('2024-01-01T00:00:00Z')
const NOW = new Date('2024-05-30T00:00:00Z')
const SINCE = new Date('2024-03-15T00:00:00Z')
const now = () => NOW
const NAMED = ['duration_spike', 'duration_drop', 'row_count_spike', 'row_count_drop', 'zero_rows']

async function sourceOf(rows: Iterable<LogRowInput>): Promise<TableSource> {
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
  const writer = await createLogWriter({ storage: memoryStorage(), config, now })
  await writer.writeLogRows(rows)
  return writer
}

const keyOf = (
  row: Pick<ExpectedPoint, 'pipeline' | 'metric'> & Readonly<Record<'phase' | 'step' | 'runId', string | null>>,
) => [row.pipeline, row.phase, row.step, row.runId, row.metric].join(' ')

const isOutside = ({ value, lower, upper }: ExpectedPoint) =>
  (lower !== null && value < lower) || (upper !== null && value > upper)

test.each([1, 2, 3])(
  'a point of a simulated log is outside of its range exactly if a finding names it (seed %d)',
  async (seed) => {
    const { rows } = simulatedYear({ seed, pipelines: 6, steps: 5, days: 140, start: START })
    const source = await sourceOf(rows)
    const pipelines = [0, 1, 2, 3, 4, 5].map((at) => `pipeline_0${at}`)
    const { points, findings } = await readExpected(source, { pipelines, since: SINCE, now })
    const { anomalies, suppressed } = await detectAnomalies(source, { since: SINCE, store: false, now })
    const named = [...anomalies, ...suppressed].filter(({ type }) => NAMED.includes(type))
    expect(named.length).toBeGreaterThan(5)
    const outside = new Set(points.filter(isOutside).map(keyOf))
    expect([...outside].toSorted()).toEqual(
      [...new Set(named.map((each) => keyOf({ ...each, metric: metricOf(each.metric) })))].toSorted(),
    )
    expect(
      findings
        .filter(({ type }) => NAMED.includes(type))
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(named.map(({ id }) => id).toSorted())
    expect(points.length).toBeGreaterThan(1000)
    for (const { expected, lower, upper, status } of points) {
      if (status === 'cold') expect([lower, upper]).toEqual([null, null])
      else {
        expect(lower).not.toBeNull()
        expect(Number(lower)).toBeLessThanOrEqual(expected)
        expect(upper ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(expected)
      }
    }
  },
)

function metricOf(metric: string): ExpectedPoint['metric'] {
  return metric === 'duration_secs' ? 'duration_secs' : 'rows_processed'
}

test('a steady series has a narrow range around its values, from the fifth value on', async () => {
  const rows = Array.from(
    { length: 40 },
    (_none, day): LogRowInput => ({
      run_id: `r${day}`,
      pipeline_id: 'p',
      phase: 'gold',
      step_name: 's',
      start_time: new Date(START.getTime() + day * 86_400_000),
      duration_secs: 100 + (day % 5),
      rows_processed: 1000 + 10 * (day % 3),
    }),
  )
  const source = await sourceOf(rows)
  const { points } = await readExpected(source, {
    pipelines: ['p'],
    since: START,
    now,
    wants: ({ step }) => step === 's',
  })
  const durations = points.filter(({ metric }) => metric === 'duration_secs')
  expect(durations.filter(({ status }) => status === 'cold').map(({ known }) => known)).toEqual([1, 2, 3, 4])
  const last = durations.at(-1)
  expect(last?.expected).toBeGreaterThan(95)
  expect(last?.lower).toBeGreaterThan(20)
  expect(last?.upper).toBeLessThan(300)
  expect(points.filter(isOutside)).toEqual([])
  expect((await readExpected(source, { pipelines: ['p'], since: START, now, wants: () => false })).points).toEqual([])
  await expect(
    readExpected(source, { pipelines: Array.from({ length: 101 }, String), since: START, now }),
  ).rejects.toMatchObject({ code: 'CONFIGURATION' })
})
