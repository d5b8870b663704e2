import {
  type AnomalyWatchOptions,
  addFeedback,
  anomalyWatch,
  detectAnomalies,
  readAnomalies,
  readFeedback,
} from '@forge/writer-anomaly'
import { type Anomaly, createLogWriter, type LogWriter, memoryStorage, type StorageBackend } from '@forge/writer-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY_MS, daily, makeRow, START_MS } from './daily-rows.ts'

const NOW = new Date(START_MS + 100 * DAY_MS)

async function open(storage: StorageBackend = memoryStorage(), options: AnomalyWatchOptions = {}) {
  const hook = anomalyWatch(options)
  const writer = await createLogWriter({
    storage,
    config: { tableSchema: 'analytics', tableName: 'log', enableAnomalyDetection: true },
    hooks: [hook],
    now: () => NOW,
  })
  return { writer, hook }
}

async function kept(writer: LogWriter): Promise<Anomaly[]> {
  const found: Anomaly[] = []
  for await (const anomaly of readAnomalies(await writer.table({ table: 'log_anomalies' }))) found.push(anomaly)
  return found.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const slow = makeRow(40, { duration_secs: 412 })

test('findings are in the result of the write, raised as events and kept', async () => {
  const { writer } = await open()
  const events: Anomaly[] = []
  writer.on('anomaly', ({ anomaly }) => events.push(anomaly))
  expect((await writer.writeLogRows(daily(40))).anomalies).toEqual([])
  const { anomalies } = await writer.writeLogRows([slow])
  expect(anomalies).toMatchObject([{ type: 'duration_spike', run_id: 'run-40' }])
  expect(events).toEqual(anomalies)
  expect(await kept(writer)).toEqual(anomalies)
  await writer.close()
})

test('a new writer knows what the table holds', async () => {
  const storage = memoryStorage()
  const first = await open(storage)
  await first.writer.writeLogRows(daily(40))
  const second = await open(storage)
  const { anomalies } = await second.writer.writeLogRows([slow])
  expect(anomalies).toMatchObject([{ type: 'duration_spike', baseline: { n: 40 } }])
  await second.writer.close()
})

test('a write that was there already is not judged again', async () => {
  const { writer } = await open()
  await writer.writeLogRows(daily(40))
  await writer.writeLogRows([slow], { batchId: 'once' })
  const again = await writer.writeLogRows([slow], { batchId: 'once' })
  expect(again).toMatchObject({ alreadyWritten: true, anomalies: [] })
  expect(await kept(writer)).toHaveLength(1)
  await writer.close()
})

test('rows of the past are judged by what came before them, and learned in their place', async () => {
  const { writer } = await open()
  const rows = daily(60)
  await writer.writeLogRows([...rows.slice(0, 30), ...rows.slice(31)])
  const { anomalies } = await writer.writeLogRows([makeRow(30, { duration_secs: 412 })])
  expect(anomalies).toMatchObject([{ type: 'duration_spike', run_id: 'run-30', baseline: { n: 30 } }])
  await writer.close()
})

test('concurrent writes are each judged once', async () => {
  const { writer } = await open()
  await writer.writeLogRows(daily(40))
  const other = await open(writer.storage)
  const results = await Promise.all([
    other.writer.writeLogRows([slow]),
    other.writer.writeLogRows([makeRow(40, { step_name: 'other', duration_secs: 5 })]),
    other.writer.writeLogRows([makeRow(40, { step_name: 'more', duration_secs: 5 })]),
  ])
  const found = results.flatMap(({ anomalies }) => anomalies ?? [])
  expect(found.filter(({ type }) => type === 'duration_spike')).toMatchObject([{ baseline: { n: 40 } }])
  await other.writer.close()
})

test('rows that another process wrote are learned with the next look', async () => {
  const storage = memoryStorage()
  const { writer, hook } = await open(storage, { refreshMs: 0 })
  const plain = await createLogWriter({ storage, config: { tableSchema: 'analytics', tableName: 'log' } })
  await writer.writeLogRows(daily(6))
  await plain.writeLogRows(daily(40).slice(6, 20))
  await plain.writeLogRows(daily(40).slice(20))
  await writer.writeLogRows([makeRow(40)])
  // Closing waits for what is read in the background.
  await hook.close?.()
  const { anomalies } = await writer.writeLogRows([makeRow(41, { duration_secs: 412 })])
  expect(anomalies).toMatchObject([{ type: 'duration_spike', baseline: { n: 41, status: 'ready' } }])
  await writer.close()
})

test('turned off, it is silent; a wrong option is refused when the hook is made', async () => {
  const { writer } = await open()
  await writer.writeLogRows(daily(40))
  writer.configure({ enableAnomalyDetection: false })
  expect((await writer.writeLogRows([slow])).anomalies).toBeUndefined()
  expect(await kept(writer)).toEqual([])
  await writer.close()
  expect(() => anomalyWatch({ sensitivity: 0 })).toThrow(/sensitivity/)
})

test('evaluate tells overdue runs of the tables that were written to', async () => {
  const { writer, hook } = await open()
  const events: string[] = []
  writer.on('anomaly', ({ anomaly }) => events.push(anomaly.type))
  await writer.writeLogRows(daily(60))
  const late = { now: new Date(START_MS + 62 * DAY_MS) }
  expect((await hook.evaluate(late)).anomalies).toMatchObject([{ type: 'run_missing' }])
  await hook.evaluate(late)
  expect(events).toEqual(['run_missing'])
  await writer.close()
})

test('streamed or in one batch, what is kept is the same', async () => {
  const rows = daily(60, (day) => ({
    ...(day % 19 === 18 && { duration_secs: 500 }),
    ...(day > 45 && { rows_processed: 31_000 + day, rows_written: 31_000 + day }),
  }))
  const whole = await open()
  await whole.writer.writeLogRows(rows)
  await detectAnomalies(whole.writer, { now: () => NOW })
  const wanted = (await kept(whole.writer)).map(({ detected_at, ...rest }) => rest)
  expect(wanted.length).toBeGreaterThan(3)
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 60, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(sizes, async (chunks) => {
      const { writer } = await open()
      let at = 0
      for (const size of chunks) {
        if (at < rows.length) await writer.writeLogRows(rows.slice(at, at + size))
        at += size
      }
      expect((await kept(writer)).map(({ detected_at, ...rest }) => rest)).toEqual(wanted)
      await writer.close()
    }),
    { numRuns: 8 },
  )
})

describe('feedback', () => {
  test('that a finding is expected silences its like, and the value is learned as it is', async () => {
    const { writer } = await open()
    await writer.writeLogRows(daily(40))
    const [spike] = (await writer.writeLogRows([slow])).anomalies ?? []
    await addFeedback(writer, { kind: 'expected', anomalyId: spike?.id ?? '', note: 'yearly clean-up' })
    expect(await readFeedback(writer)).toMatchObject([
      { kind: 'expected', anomalyId: spike?.id, note: 'yearly clean-up', value: 412 },
    ])
    await writer.writeLogRows(daily(50).slice(41))
    expect((await writer.writeLogRows([makeRow(50, { duration_secs: 420 })])).anomalies).toEqual([])
    expect((await writer.writeLogRows([makeRow(51, { duration_secs: 900 })])).anomalies).toMatchObject([{ value: 900 }])
    const again = await detectAnomalies(writer, { now: () => NOW })
    expect(again.suppressed.find(({ id }) => id === spike?.id)?.suppressed_by).toMatch(/^expected:/)
    await writer.close()
  })

  test('that a time was maintenance silences what is found in it, and nothing of it is learned', async () => {
    const { writer } = await open()
    await addFeedback(writer, {
      kind: 'maintenance',
      from: new Date(START_MS + 40 * DAY_MS),
      to: new Date(START_MS + 44 * DAY_MS),
    })
    const during = (day: number) => (day >= 40 && day <= 44 ? { duration_secs: 800 } : {})
    const { anomalies } = await writer.writeLogRows(daily(60, during))
    expect(anomalies).toEqual([])
    const found = await kept(writer)
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({ suppressed_by }) => suppressed_by?.startsWith('maintenance:'))).toBe(true)
    const [spike] = (await writer.writeLogRows([makeRow(60, { duration_secs: 800 })])).anomalies ?? []
    expect(spike?.baseline.n).toBe(55)
    await writer.close()
  })

  test('that a finding was an incident keeps its rows out of the baseline', async () => {
    const { writer } = await open()
    await writer.writeLogRows([...daily(40), slow])
    const [spike] = await kept(writer)
    await addFeedback(writer, { kind: 'incident', anomalyId: spike?.id ?? '' })
    await writer.writeLogRows(daily(50).slice(41))
    const { anomalies } = await detectAnomalies(writer, [makeRow(50, { duration_secs: 412 })], { now: () => NOW })
    expect(anomalies).toMatchObject([{ type: 'duration_spike', baseline: { n: 49 } }])
    await writer.close()
  })

  test('about a finding that is not there, or a time that ends before it begins, is refused', async () => {
    const { writer } = await open()
    await expect(addFeedback(writer, { kind: 'incident', anomalyId: 'none' })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    })
    const time = { from: '2024-02-02T00:00:00Z', to: '2024-02-01T00:00:00Z' }
    await expect(addFeedback(writer, { kind: 'maintenance', ...time })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await writer.close()
  })
})
