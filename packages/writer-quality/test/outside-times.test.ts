import { createLogWriter, type LogRowInput, memoryStorage, type StorageBackend } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { qualityGate, type Rule, validateLogDataQuality } from '@forge/writer-quality'
import { change, freshness } from '@forge/writer-quality/rules'
import { deltaStorage } from '@forge/writer-storage-delta'
import { describe, expect, test } from 'vitest'
import { STORAGES } from './stored-rows.ts'

const NOW = new Date('2026-06-15T12:00:00Z')
const now = () => NOW
const HOUR_MS = 3_600_000

function row(run_id: string, hoursAgo: number, more: LogRowInput = {}): LogRowInput {
  const start_time = new Date(NOW.getTime() - hoursAgo * HOUR_MS)
  return { run_id, pipeline_id: 'p', phase: 'gold', step_name: 's', start_time, rows_processed: 1000, ...more }
}

async function outcome(rule: Rule, source: Parameters<typeof validateLogDataQuality>[0]) {
  const { outcomes } = await validateLogDataQuality(source, { validationRules: [rule], now })
  return outcomes[0]
}

async function openLog(create: (directory: string) => StorageBackend) {
  const directory = newFolder()
  const config = { tableSchema: 's', tableName: 't' }
  const writer = await createLogWriter({ storage: create(directory), config, now })
  return {
    source: writer,
    write: (rows: readonly LogRowInput[]) => writer.writeLogRows(rows),
    async [Symbol.asyncDispose]() {
      await writer.close()
    },
  }
}

const DELTA = { delta: (directory: string): StorageBackend => deltaStorage({ path: directory }) }

describe.each(Object.entries({ ...STORAGES, ...DELTA }))('%s', (_name, create) => {
  const open = () => openLog(create)

  describe('freshness', () => {
    const rule = freshness('start_time', { maxAgeSecs: 3600 })

    test('a row of the future does not keep a stale log fresh, and is named', async () => {
      await using log = await open()
      await log.write([row('a', 5), row('b', -24 * 365)])
      expect(await outcome(rule, log.source)).toMatchObject({
        verdict: 'failed',
        observed: '2026-06-15T07:00:00.000000Z',
        checkedRows: 1,
        note: '1 row lies in the future by start_time, and is left out',
      })
    })

    test('a time that is a little ahead of the clock is not in the future', async () => {
      await using log = await open()
      await log.write([row('a', -1 / 60)])
      const found = await outcome(rule, log.source)
      expect(found).toMatchObject({ verdict: 'passed', checkedRows: 1 })
      expect(found?.note).toBeUndefined()
    })

    test('a log with nothing but rows of the future is not fresh', async () => {
      await using log = await open()
      await log.write([row('a', -24), row('b', -48)])
      expect(await outcome(rule, log.source)).toMatchObject({ verdict: 'failed', observed: null })
    })
  })

  describe('change', () => {
    const rule = change('rows_processed', { window: 7, maxDecrease: 0.5 })
    const days = Array.from({ length: 12 }, (_none, at) => row(`r${at}`, 24 * (12 - at)))

    test('the newest run is the one that started last, when all were recorded together', async () => {
      await using log = await open()
      await log.write([...days, row('r12', 1, { rows_processed: 10 })])
      expect(await outcome(rule, log.source)).toMatchObject({ verdict: 'failed', observed: -0.99 })
    })

    test('a run that is recorded late is not the newest', async () => {
      await using log = await open()
      await log.write(days)
      await log.write([row('late', 24 * 20, { rows_processed: 10 })])
      expect(await outcome(rule, log.source)).toMatchObject({ verdict: 'passed', observed: 0 })
    })

    test('a run of the future does not hide the newest one for ever', async () => {
      await using log = await open()
      const year = 24 * 365
      const created_at = new Date(NOW.getTime() - 30 * 24 * HOUR_MS)
      await log.write([...days, row('ahead', -year, { created_at }), row('r12', 1, { rows_processed: 10 })])
      expect(await outcome(rule, log.source)).toMatchObject({
        verdict: 'failed',
        observed: -0.99,
        note: '1 row lies in the future by their start, and is left out',
      })
      const named = change('rows_processed', { window: 7, maxDecrease: 0.5, time: 'start_time' })
      expect(await outcome(named, log.source)).toMatchObject({ verdict: 'failed', observed: -0.99 })
    })

    test('without a run before it nothing is judged', async () => {
      await using log = await open()
      await log.write([row('a', 1)])
      expect(await outcome(rule, log.source)).toMatchObject({ verdict: 'notJudged', passed: true, observed: null })
    })
  })
})

test('a run that is filled in later is compared with the runs before it, not with those after', async () => {
  const config = { tableSchema: 's', tableName: 't' }
  const rule = change('rows_processed', { window: 1, maxDecrease: 0.5, maxIncrease: 0.5 })
  const gate = qualityGate({ rules: [rule] })
  await using writer = await createLogWriter({ storage: memoryStorage(), config, hooks: [gate], now })
  await writer.writeLogRows([row('first', 100, { rows_processed: 100 })])
  await expect(writer.writeLogRows([row('last', 1, { rows_processed: 1000 })])).rejects.toMatchObject({
    code: 'DATA_QUALITY',
  })
  const { quality } = await writer.writeLogRows([row('between', 50, { rows_processed: 110 })])
  expect(quality?.outcomes).toMatchObject([{ verdict: 'passed', observed: 0.1 }])
  await writer.writeLogRows([row('last', 1, { rows_processed: 150 })])
  const filled = await writer.writeLogRows([row('second', 80, { rows_processed: 90 })])
  expect(filled.quality?.outcomes).toMatchObject([{ verdict: 'passed', observed: -0.1 }])
})
