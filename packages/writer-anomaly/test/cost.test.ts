import { anomalyWatch, detectAnomalies } from '@forge/writer-anomaly'
import {
  createLogWriter,
  type LogRowInput,
  type LogTable,
  memoryStorage,
  type StorageBackend,
} from '@forge/writer-core'
import { expect, test } from 'vitest'
import { DAY_MS, daily, dayRow, START_MS } from './daily-rows.ts'

const NOW = new Date(START_MS + 150 * DAY_MS)
const PIPELINES = Array.from({ length: 10 }, (_, at) => `pipeline-${at}`)

/** Storage that counts the rows of the log that are read out of it. */
function countingStorage() {
  const read = { rows: 0 }
  const storage = memoryStorage()
  const openTable: StorageBackend['openTable'] = async (ref, options) => {
    const table = await storage.openTable(ref, options)
    const scan: LogTable['scan'] = async function* (query) {
      for await (const batch of table.scan(query)) {
        if (ref.name === 'log') read.rows += batch.rowCount
        yield batch
      }
    }
    return Object.assign(Object.create(table), { scan })
  }
  return { read, storage: { ...storage, openTable } }
}

async function open(storage: StorageBackend, isWatched: boolean) {
  return createLogWriter({
    storage,
    config: { tableSchema: 'analytics', tableName: 'log', enableAnomalyDetection: isWatched },
    hooks: isWatched ? [anomalyWatch()] : [],
    now: () => NOW,
  })
}

async function logOf(rows: readonly LogRowInput[]) {
  const { read, storage } = countingStorage()
  const writer = await open(storage, false)
  await writer.writeLogRows(rows)
  return { read, storage, writer }
}

const all = PIPELINES.flatMap((pipeline_id) => daily(150, () => ({ pipeline_id })))

test('the first watched write reads the history of its pipelines alone', async () => {
  const { read, storage } = await logOf(all)
  const watched = await open(storage, true)
  const slow = dayRow(150, { pipeline_id: 'pipeline-3', duration_secs: 900 })
  const { anomalies } = await watched.writeLogRows([slow])
  expect(anomalies).toMatchObject([{ type: 'duration_spike', pipeline: 'pipeline-3' }])
  expect(read.rows).toBeGreaterThan(100)
  expect(read.rows).toBeLessThanOrEqual(151)
  read.rows = 0
  await watched.writeLogRows([dayRow(151, { pipeline_id: 'pipeline-3' })])
  expect(read.rows).toBe(0)
  await watched.writeLogRows([dayRow(151, { pipeline_id: 'pipeline-4' })])
  expect(read.rows).toBeLessThanOrEqual(151)
  await watched.close()
})

test('an error that another pipeline has shown is not new to a process that has not read that pipeline', async () => {
  const failedRow = (day: number, pipeline_id: string) =>
    dayRow(day, { pipeline_id, success: false, error_message: `lease ${day} lost`, execution_id: `try-${day}` })
  const usual = Array.from({ length: 20 }, (_, at) => failedRow(at * 7, 'pipeline-0'))
  const { storage } = await logOf([...all, ...usual])
  const watched = await open(storage, true)
  expect((await watched.writeLogRows([failedRow(150, 'pipeline-5')])).anomalies).toEqual([])
  const strange = dayRow(151, { pipeline_id: 'pipeline-5', success: false, error_message: 'column id is gone' })
  expect((await watched.writeLogRows([strange])).anomalies).toMatchObject([{ type: 'error_cluster' }])
  await watched.close()
})

test('rows since yesterday are judged by the pipelines that had some, each as far back as its baseline reaches', async () => {
  const hourly = Array.from({ length: 24 * 150 }, (_, hour) => {
    const start = new Date(START_MS + (hour * DAY_MS) / 24)
    const run = { run_id: `h-${hour}`, execution_id: `h-${hour}`, start_time: start, run_started_at: start }
    return dayRow(0, { ...run, pipeline_id: 'hourly', duration_secs: hour === 24 * 150 - 3 ? 900 : 118 })
  })
  const { read, writer } = await logOf([
    ...all.filter(({ start_time }) => Number(start_time) < START_MS + 100 * DAY_MS),
    ...hourly,
  ])
  const since = new Date(START_MS + 149 * DAY_MS)
  const found = await detectAnomalies(writer, { since, now: () => NOW, store: false })
  expect(found.anomalies).toMatchObject([{ type: 'duration_spike', pipeline: 'hourly' }])
  expect(found.rowsJudged).toBe(24)
  expect(read.rows).toBeLessThan(24 * 62)
  await writer.close()
})

test('what a process finds does not hang on which pipelines it has read before', async () => {
  const broken = (day: number, pipeline_id: string) => dayRow(day, { pipeline_id, duration_secs: 900 })
  const later = ['pipeline-1', 'pipeline-2'].map((name) => broken(150, name))
  const facts = async (writes: readonly (readonly LogRowInput[])[]) => {
    const { storage } = await logOf(all)
    const watched = await open(storage, true)
    const found = []
    for (const rows of writes) found.push(...((await watched.writeLogRows(rows)).anomalies ?? []))
    await watched.close()
    return found.map(({ detectedAt, ...rest }) => rest).sort((a, b) => (a.id < b.id ? -1 : 1))
  }
  const [first = {}, second = {}] = later
  const wanted = await facts([later])
  expect(wanted).toHaveLength(2)
  expect(await facts([[first], [second]])).toEqual(wanted)
  expect(await facts([[second], [first]])).toEqual(wanted)
})
