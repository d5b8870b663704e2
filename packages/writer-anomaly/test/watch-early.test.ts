import { setTimeout as sleep } from 'node:timers/promises'
import { anomalyWatch } from '@forge/writer-anomaly'
import { createLogWriter, type LogTable, memoryStorage, type StorageBackend, type WriteHook } from '@forge/writer-core'
import { takeRows } from '@forge/writer-core/storage'
import { expect, test } from 'vitest'
import { DAY_MS, daily, dayRow, START_MS } from './daily-rows.ts'

/** Rows are judged while they are stored: here that takes long enough, and fails if the test says so. */
function slowStorage() {
  const state = { fails: false }
  const storage = memoryStorage()
  const openTable: StorageBackend['openTable'] = async (ref, options) => {
    const table = await storage.openTable(ref, options)
    const append: LogTable['append'] = async (batch, commit) => {
      await sleep(10)
      if (state.fails) throw new Error('no space left')
      return table.append(batch, commit)
    }
    return ref.name === 'log' ? Object.assign(Object.create(table), { append }) : table
  }
  return { state, storage: { ...storage, openTable } }
}

async function open(after: readonly WriteHook[] = []) {
  const { state, storage } = slowStorage()
  const hook = anomalyWatch()
  const writer = await createLogWriter({
    storage,
    config: { tableSchema: 'analytics', tableName: 'log', enableAnomalyDetection: true, maxRetries: 0 },
    hooks: [hook, ...after],
    now: () => new Date(START_MS + 100 * DAY_MS),
  })
  await writer.writeLogRows(daily(40))
  return { writer, hook, state }
}

const slow = (day: number) => dayRow(day, { duration_secs: 412 })

test('what is judged while it is stored is found, learned and raised once', async () => {
  const { writer } = await open()
  const events: string[] = []
  writer.on('anomaly', ({ anomaly }) => events.push(anomaly.type))
  expect((await writer.writeLogRows([slow(40)])).anomalies).toMatchObject([{ baseline: { n: 40 } }])
  for (let day = 41; day < 50; day++) expect((await writer.writeLogRows([dayRow(day)])).anomalies).toEqual([])
  expect((await writer.writeLogRows([slow(50)])).anomalies).toMatchObject([{ baseline: { n: 50 } }])
  expect(events).toEqual(['duration_spike', 'duration_spike'])
  await writer.close()
})

test('a write that fails leaves nothing behind: its rows are judged by others than themselves when they come again', async () => {
  const { writer, hook, state } = await open()
  state.fails = true
  await expect(writer.writeLogRows([slow(40)])).rejects.toThrow()
  // Until the next write it is as if it had never been.
  const overdue = await hook.evaluate({ now: () => new Date(START_MS + 40.6 * DAY_MS) })
  expect(overdue.anomalies).toMatchObject([{ type: 'run_late', baseline: { n: 40 } }])
  state.fails = false
  const { anomalies } = await writer.writeLogRows([slow(40)])
  expect(anomalies?.find(({ type }) => type === 'duration_spike')).toMatchObject({ baseline: { n: 40 } })
  await writer.close()
})

test('a batch that was there already is not learned a second time', async () => {
  const { writer } = await open()
  await writer.writeLogRows([dayRow(40)], { batchId: 'once' })
  expect(await writer.writeLogRows([dayRow(40)], { batchId: 'once' })).toMatchObject({ alreadyWritten: true })
  expect((await writer.writeLogRows([slow(41)])).anomalies).toMatchObject([{ baseline: { n: 41 } }])
  await writer.close()
})

test('rows that a later hook takes away are not learned', async () => {
  let drops = true
  const dropsFirst: WriteHook = {
    name: 'drops-first',
    async beforeWrite(batch) {
      if (batch.rowCount !== 2 || !drops) return undefined
      drops = false
      await sleep(10)
      return { batch: takeRows(batch, [1]) }
    },
  }
  const { writer } = await open([dropsFirst])
  const two = [dayRow(40, { execution_id: 'lost', step_name: 'lost' }), dayRow(40)]
  expect((await writer.writeLogRows(two)).anomalies).toEqual([])
  const { anomalies } = await writer.writeLogRows([slow(41), dayRow(41, { step_name: 'lost' })])
  expect(anomalies).toMatchObject([
    { type: 'duration_spike', baseline: { n: 41 } },
    { type: 'step_new', step: 'lost' },
  ])
  await writer.close()
})

test('writes at the same time are each judged once', async () => {
  const { writer } = await open()
  const steps = ['a', 'b', 'c', 'd']
  const others = (day: number) => steps.map((step_name) => dayRow(day, { step_name, duration_secs: 60 }))
  for (let day = 41; day < 50; day++) {
    await Promise.all([...others(day).map((row) => writer.writeLogRows([row])), writer.writeLogRows([dayRow(day)])])
  }
  const { anomalies } = await writer.writeLogRows([slow(50)])
  expect(anomalies?.find(({ type }) => type === 'duration_spike')).toMatchObject({ baseline: { n: 49 } })
  await writer.close()
})
