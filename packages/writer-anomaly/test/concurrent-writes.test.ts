// @module-tag many-cases
import { setTimeout as sleep } from 'node:timers/promises'
import { anomalyWatch } from '@forge/writer-anomaly'
import { createLogWriter, type LogTable, memoryStorage, type StorageBackend } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { DAY_MS, daily, dayRow, START_MS } from './daily-rows.ts'

const NOW = new Date(START_MS + 100 * DAY_MS)
const CONFIG = { tableSchema: 'analytics', tableName: 'log', enableAnomalyDetection: true }

/** Returns `storage` with commits that start and end after drawn times, so that writes are stored and judged in different orders. */
function shuffle(storage: StorageBackend, seed: number): StorageBackend {
  let state = seed * 7919 + 1
  const pause = () => {
    state = (state * 16_807) % 2_147_483_647
    return sleep(state % 12)
  }
  const override = <Target extends object>(target: Target, members: Partial<Target>) =>
    new Proxy(target, {
      get(_target, name) {
        const member: unknown = Reflect.get(Reflect.has(members, name) ? members : target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  const openSlowly = (table: LogTable) =>
    override(table, {
      async append(...given) {
        await pause()
        const result = await table.append(...given)
        await pause()
        return result
      },
    })
  return override(storage, { openTable: async (...given) => openSlowly(await storage.openTable(...given)) })
}

test('a finding is in the result of its write, in whatever order concurrent writes are stored and judged', async () => {
  const wrong: unknown[] = []
  for (let seed = 0; seed < 150; seed++) {
    const storage = memoryStorage()
    const open = (through: StorageBackend) =>
      createLogWriter({ storage: through, config: CONFIG, hooks: [anomalyWatch()], now: () => NOW })
    await (await open(storage)).writeLogRows(daily(40))
    const writer = await open(shuffle(storage, seed))
    const results = await Promise.all([
      writer.writeLogRows([dayRow(40, { duration_secs: 412 })]),
      writer.writeLogRows([dayRow(40, { step_name: 'other', duration_secs: 5 })]),
      writer.writeLogRows([dayRow(40, { step_name: 'more', duration_secs: 5 })]),
    ])
    const found = results.map(({ anomalies }) => anomalies?.map(({ type, baseline }) => `${type} ${baseline.n}`))
    if (!found[0]?.includes('duration_spike 40')) wrong.push({ seed, found })
  }
  expect(wrong).toEqual([])
})
