// @module-tag many-cases
import { join } from 'node:path'
import { detectAnomalies, evaluateDetection, readAnomalies, saveAnomalies } from '@forge/writer-anomaly'
import {
  type Anomaly,
  createLogWriter,
  type LogRowInput,
  type LogWriter,
  memoryStorage,
  type StorageBackend,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DAY_MS, daily, dayRow, START_MS } from './daily-rows.ts'

const NOW = new Date(START_MS + 41 * DAY_MS)
const now = () => NOW
let directory = ''
let writer: LogWriter

beforeEach(async () => {
  directory = newFolder()
  writer = await openWriter(memoryStorage())
})
afterEach(async () => {
  await writer.close()
})

function openWriter(storage: StorageBackend): Promise<LogWriter> {
  return createLogWriter({ storage, config: { tableSchema: 'analytics', tableName: 'log' }, now })
}

async function readStored(of: LogWriter = writer): Promise<Anomaly[]> {
  const found: Anomaly[] = []
  for await (const anomaly of readAnomalies(await of.table({ table: 'log_anomalies' }))) found.push(anomaly)
  return found
}

const slow = dayRow(40, { duration_secs: 412 })

describe('rows', () => {
  test('are judged against the stored history, and the result has the keys of the guide', async () => {
    await writer.writeLogRows(daily(40))
    const result = await detectAnomalies(writer, [slow], { now })
    expect(result).toMatchObject({ anomaliesDetected: true, anomalyCount: 1, rowsJudged: 1, suppressed: [] })
    expect(result.anomalies).toMatchObject([{ type: 'duration_spike', severity: 'error', value: 412 }])
    expect(await detectAnomalies(writer, [dayRow(40)], { now })).toMatchObject({
      anomaliesDetected: false,
      anomalyCount: 0,
    })
  })

  test('are never judged against themselves: stored or not, the finding is the same', async () => {
    await writer.writeLogRows(daily(40))
    const before = await detectAnomalies(writer, [slow], { now })
    await writer.writeLogRows([slow])
    const after = await detectAnomalies(writer, [slow], { now })
    expect(after).toEqual(before)
    expect(after.anomalies[0]?.baseline.n).toBe(40)
  })

  test('of the past are judged by what came before them', async () => {
    await writer.writeLogRows(daily(60, (day) => (day > 41 ? { duration_secs: 412 } : {})))
    const { anomalies } = await detectAnomalies(writer, [dayRow(41, { duration_secs: 412 })], { now })
    expect(anomalies).toMatchObject([{ type: 'duration_spike', baseline: { n: 41 } }])
  })

  test('without a history do not fail', async () => {
    expect(await detectAnomalies(writer, [slow], { now })).toMatchObject({ anomalyCount: 0 })
    expect(await detectAnomalies(writer, [], { now })).toMatchObject({ anomalyCount: 0, rowsJudged: 0 })
  })
})

describe('the table', () => {
  test('is scanned from a time on, and only findings from then on are returned', async () => {
    await writer.writeLogRows(daily(60, (day) => ([30, 50].includes(day) ? { duration_secs: 412 } : {})))
    const all = await detectAnomalies(writer, undefined, { now })
    expect(all.anomalies.map(({ runId }) => runId)).toEqual(['run-30', 'run-50'])
    const since = new Date(START_MS + 40 * DAY_MS)
    const late = await detectAnomalies(writer, { since, now })
    expect(late.anomalies).toEqual(all.anomalies.slice(1))
    expect(late.rowsJudged).toBe(20)
    const period = { detectionPeriodDays: 20, now: () => new Date(START_MS + 60 * DAY_MS) }
    expect((await detectAnomalies(writer, period)).anomalies.map(({ id }) => id)).toEqual(
      late.anomalies.map(({ id }) => id),
    )
  })

  test('the newest rows can be left alone for a while', async () => {
    await writer.writeLogRows([...daily(40), slow])
    expect(await detectAnomalies(writer, { detectionDelayMs: 2 * DAY_MS, now })).toMatchObject({ anomalyCount: 0 })
    expect(await detectAnomalies(writer, { detectionDelayMs: DAY_MS / 2, now })).toMatchObject({ anomalyCount: 1 })
  })

  test('of one pipeline is scanned alone', async () => {
    const other = { pipeline_id: 'other', run_id: 'other-40' }
    await writer.writeLogRows([
      ...daily(40),
      slow,
      ...daily(40, () => ({ pipeline_id: 'other' })),
      { ...slow, ...other },
    ])
    const { anomalies } = await detectAnomalies(writer, { pipeline: 'other', now })
    expect(anomalies.map(({ pipeline }) => pipeline)).toEqual(['other'])
  })

  test('rows without a start are put in order all the same', async () => {
    const rows = daily(41).map(({ start_time, ...row }) => row)
    await writer.writeLogRows([...rows.slice(20), ...rows.slice(0, 20)])
    expect(await detectAnomalies(writer, { now })).toMatchObject({ anomalyCount: 0, rowsJudged: 41 })
  })

  test('an invalid time is refused', async () => {
    await expect(detectAnomalies(writer, { since: 'yesterday' })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})

describe('findings', () => {
  test('are kept once, whatever is run twice', async () => {
    await writer.writeLogRows([...daily(40), slow])
    const { anomalies } = await detectAnomalies(writer, { now })
    await detectAnomalies(writer, { now: () => new Date(NOW.getTime() + DAY_MS) })
    await detectAnomalies(writer, [slow], { now })
    expect(await readStored()).toEqual(anomalies)
  })

  test('that become more severe replace the stored ones, and keep the time of the first detection', async () => {
    await writer.writeLogRows(daily(60))
    const at = (days: number) => new Date(START_MS + (59 + days) * DAY_MS)
    await evaluateDetection(writer, { now: () => at(1.6) })
    await evaluateDetection(writer, { now: () => at(6) })
    expect(await readStored()).toMatchObject([
      { type: 'run_missing', severity: 'critical', detectedAt: at(1.6).toISOString() },
    ])
  })

  test('are not stored if store is false', async () => {
    await writer.writeLogRows(daily(40))
    await detectAnomalies(writer, [slow], { now, store: false })
    expect(await readStored()).toEqual([])
    expect(await saveAnomalies(writer, [])).toEqual([])
  })
})

test('the rules of the original are a preset', async () => {
  await writer.writeLogRows(daily(40))
  const rows = [dayRow(40, { duration_secs: 260 }), dayRow(41, { duration_secs: 140, validation_rate: 80 })]
  const { anomalies } = await detectAnomalies(writer, rows, { preset: 'legacy', now })
  expect(anomalies.map(({ detector, value }) => [detector, value])).toEqual([
    ['legacy-twice-mean', 260],
    ['legacy-two-deviations', 140],
    ['hard-rule', 80],
  ])
})

test('the legacy preset also judges if a stored duration is beyond all deviations', async () => {
  await using stored = await openWriter(duckdbStorage({ path: join(directory, 'huge.duckdb') }))
  await stored.writeLogRows(daily(10, (day) => (day === 3 ? { duration_secs: 1e308 } : {})))
  const judged = detectAnomalies(stored, [dayRow(11, { validation_rate: 80 })], { preset: 'legacy', now })
  expect((await judged).anomalies.map(({ detector }) => detector)).toEqual(['hard-rule'])
})

describe('the same rows give the same findings', () => {
  const rows: LogRowInput[] = ['a', 'b', 'c'].flatMap((step_name, index) =>
    daily(70, (day) => ({
      step_name,
      ...(day === 30 + index * 9 && { duration_secs: 500 }),
      ...(day > 55 && index === 1 && { duration_secs: 200 + (day % 5) }),
      ...(day % 23 === 7 && { success: false, error_message: `no route to host ${day}` }),
    })),
  )
  const facts = (anomalies: readonly Anomaly[]) =>
    anomalies.map(({ detectedAt, ...rest }) => rest).sort((a, b) => (a.id < b.id ? -1 : 1))
  const detectAll = async () => {
    await writer.writeLogRows(rows)
    const { anomalies, suppressed } = await detectAnomalies(writer, { now })
    expect(anomalies.length).toBeGreaterThan(2)
    return facts([...anomalies, ...suppressed])
  }

  test('whatever their order, in one call', async () => {
    const wanted = await detectAll()
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(rows, { minLength: rows.length }), async (shuffled) => {
        const other = await openWriter(memoryStorage())
        await other.writeLogRows(shuffled)
        const { anomalies, suppressed } = await detectAnomalies(other, { now })
        expect(facts([...anomalies, ...suppressed])).toEqual(wanted)
        await other.close()
      }),
      { numRuns: 8 },
    )
  })

  test('by SQL and by JavaScript', async () => {
    const wanted = await detectAll()
    const engine = await openWriter(duckdbStorage({ path: join(directory, 'log.duckdb') }))
    await engine.writeLogRows(rows.toReversed())
    const { anomalies, suppressed } = await detectAnomalies(engine, { now })
    expect(facts([...anomalies, ...suppressed])).toEqual(wanted)
    expect(facts(await readStored(engine))).toEqual(facts(await readStored()))
    const since = new Date(START_MS + 50 * DAY_MS)
    const parts = [await detectAnomalies(writer, { since, now }), await detectAnomalies(engine, { since, now })]
    expect(parts[1]).toEqual(parts[0])
    await engine.close()
  })
})
