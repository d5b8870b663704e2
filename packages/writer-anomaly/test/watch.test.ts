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
import { DAY_MS, daily, dayRow, START_MS } from './daily-rows.ts'
import { refusalOf } from './refusal-of.ts'

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

async function readStored(writer: LogWriter): Promise<Anomaly[]> {
  const found: Anomaly[] = []
  for await (const anomaly of readAnomalies(await writer.table({ table: 'log_anomalies' }))) found.push(anomaly)
  return found.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const slow = dayRow(40, { duration_secs: 412 })

test('findings are in the result of the write, raised as events and kept', async () => {
  const { writer } = await open()
  const events: Anomaly[] = []
  writer.on('anomaly', ({ anomaly }) => events.push(anomaly))
  expect((await writer.writeLogRows(daily(40))).anomalies).toEqual([])
  const { anomalies } = await writer.writeLogRows([slow])
  expect(anomalies).toMatchObject([{ type: 'duration_spike', runId: 'run-40' }])
  expect(events).toEqual(anomalies)
  expect(await readStored(writer)).toEqual(anomalies)
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
  expect(await readStored(writer)).toHaveLength(1)
  await writer.close()
})

test('rows of the past are judged by what came before them, and learned in their place', async () => {
  const { writer } = await open()
  const rows = daily(60)
  await writer.writeLogRows([...rows.slice(0, 30), ...rows.slice(31)])
  const { anomalies } = await writer.writeLogRows([dayRow(30, { duration_secs: 412 })])
  expect(anomalies).toMatchObject([{ type: 'duration_spike', runId: 'run-30', baseline: { n: 30 } }])
  await writer.close()
})

test('concurrent writes are each judged once', async () => {
  const { writer } = await open()
  await writer.writeLogRows(daily(40))
  const other = await open(writer.storage)
  const results = await Promise.all([
    other.writer.writeLogRows([slow]),
    other.writer.writeLogRows([dayRow(40, { step_name: 'other', duration_secs: 5 })]),
    other.writer.writeLogRows([dayRow(40, { step_name: 'more', duration_secs: 5 })]),
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
  await writer.writeLogRows([dayRow(40)])
  // Closing waits for what is read in the background.
  await hook.close?.()
  const { anomalies } = await writer.writeLogRows([dayRow(41, { duration_secs: 412 })])
  expect(anomalies).toMatchObject([{ type: 'duration_spike', baseline: { n: 41, status: 'ready' } }])
  await writer.close()
})

test('turned off, it is silent; a wrong option is refused when the hook is made', async () => {
  const { writer } = await open()
  await writer.writeLogRows(daily(40))
  writer.configure({ enableAnomalyDetection: false })
  expect((await writer.writeLogRows([slow])).anomalies).toBeUndefined()
  expect(await readStored(writer)).toEqual([])
  await writer.close()
  expect(() => anomalyWatch({ sensitivity: 0 })).toThrow(refusalOf('sensitivity'))
})

test('evaluate reports overdue runs of the tables that were written to', async () => {
  const { writer, hook } = await open()
  const events: string[] = []
  writer.on('anomaly', ({ anomaly }) => events.push(anomaly.type))
  await writer.writeLogRows(daily(60))
  const late = { now: () => new Date(START_MS + 62 * DAY_MS) }
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
  const wanted = (await readStored(whole.writer)).map(({ detectedAt, ...rest }) => rest)
  expect(wanted.length).toBeGreaterThan(3)
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 60, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(sizes, async (chunks) => {
      const { writer, hook } = await open()
      let at = 0
      for (const size of chunks) {
        if (at < rows.length) await writer.writeLogRows(rows.slice(at, at + size))
        at += size
      }
      await hook.close?.()
      expect((await readStored(writer)).map(({ detectedAt, ...rest }) => rest)).toEqual(wanted)
      await writer.close()
    }),
    { numRuns: 8 },
  )
})

describe('keeping', () => {
  /** Storage whose tables of findings are merged into as the test says. */
  function watchedStorage() {
    const state = { merges: 0, fails: false }
    const storage = memoryStorage()
    const openTable: StorageBackend['openTable'] = async (ref, options) => {
      const table = await storage.openTable(ref, options)
      const { merge } = table
      if (ref.name !== 'log_anomalies' || !merge) return table
      return Object.assign(Object.create(table), {
        merge: (...given: Parameters<typeof merge>) => {
          state.merges++
          return state.fails ? Promise.reject(new Error('no space left')) : merge.apply(table, given)
        },
      })
    }
    return { state, storage: { ...storage, openTable } }
  }
  const again = dayRow(42, { duration_secs: 412 })

  test('a write without findings, or with silenced ones only, stores nothing but its rows', async () => {
    const { storage, state } = watchedStorage()
    const { writer, hook } = await open(storage)
    await writer.writeLogRows(daily(40))
    await writer.writeLogRows([slow])
    expect(state.merges).toBe(1)
    await writer.writeLogRows([dayRow(41)])
    await writer.writeLogRows([again])
    expect(state.merges).toBe(1)
    await hook.close?.()
    expect(state.merges).toBe(2)
    expect((await readStored(writer)).map(({ runId, suppressedBy }) => [runId, suppressedBy]).sort()).toEqual([
      ['run-40', undefined],
      ['run-42', 'cooldown'],
    ])
    await writer.close()
  })

  test('a finding that could not be stored is stored, and reported, with the next one', async () => {
    const { storage, state } = watchedStorage()
    const { writer } = await open(storage)
    const events: string[] = []
    writer.on('anomaly', ({ anomaly }) => events.push(anomaly.type))
    writer.on('hookFailed', ({ hook }) => events.push(hook))
    await writer.writeLogRows(daily(40))
    state.fails = true
    await writer.writeLogRows([slow])
    state.fails = false
    await writer.writeLogRows([dayRow(41, { validation_rate: 40 })])
    expect(events).toEqual(['anomaly-watch', 'duration_spike', 'validation_rate_drop'])
    expect(await readStored(writer)).toHaveLength(2)
    await writer.close()
  })

  test('what a process found and did not live to keep is kept by the next one, once', async () => {
    const storage = memoryStorage()
    const plain = await createLogWriter({ storage, config: { tableSchema: 'analytics', tableName: 'log' } })
    await plain.writeLogRows([...daily(99), dayRow(99, { duration_secs: 412 })])
    const { writer } = await open(storage)
    const events: Anomaly[] = []
    writer.on('anomaly', ({ anomaly }) => events.push(anomaly))
    expect((await writer.writeLogRows([dayRow(100)])).anomalies).toEqual([])
    expect(events).toMatchObject([{ type: 'duration_spike', runId: 'run-99', baseline: { n: 99 } }])
    expect(await readStored(writer)).toEqual(events)
    const third = await open(storage)
    third.writer.on('anomaly', ({ anomaly }) => events.push(anomaly))
    await third.writer.writeLogRows([dayRow(101)])
    expect(events).toHaveLength(1)
    await writer.close()
  })
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
    expect((await writer.writeLogRows([dayRow(50, { duration_secs: 420 })])).anomalies).toEqual([])
    expect((await writer.writeLogRows([dayRow(51, { duration_secs: 900 })])).anomalies).toMatchObject([{ value: 900 }])
    const again = await detectAnomalies(writer, { now: () => NOW })
    expect(again.suppressed.find(({ id }) => id === spike?.id)?.suppressedBy).toMatch(/^expected:/)
    await writer.close()
  })

  test('that a time was maintenance silences what is found in it, and nothing of it is learned', async () => {
    const { writer, hook } = await open()
    await addFeedback(writer, {
      kind: 'maintenance',
      from: new Date(START_MS + 40 * DAY_MS),
      to: new Date(START_MS + 44 * DAY_MS),
    })
    const during = (day: number) => (day >= 40 && day <= 44 ? { duration_secs: 800 } : {})
    const { anomalies } = await writer.writeLogRows(daily(60, during))
    expect(anomalies).toEqual([])
    await hook.close?.()
    const found = await readStored(writer)
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({ suppressedBy }) => suppressedBy?.startsWith('maintenance:'))).toBe(true)
    const [spike] = (await writer.writeLogRows([dayRow(60, { duration_secs: 800 })])).anomalies ?? []
    expect(spike?.baseline.n).toBe(55)
    await writer.close()
  })

  test('that a finding was an incident keeps its rows out of the baseline', async () => {
    const { writer } = await open()
    await writer.writeLogRows([...daily(40), slow])
    const [spike] = await readStored(writer)
    await addFeedback(writer, { kind: 'incident', anomalyId: spike?.id ?? '' })
    await writer.writeLogRows(daily(50).slice(41))
    const { anomalies } = await detectAnomalies(writer, [dayRow(50, { duration_secs: 412 })], { now: () => NOW })
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
