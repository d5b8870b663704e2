// @module-tag many-calls
import { join } from 'node:path'
import { type Alert, alertStation, listAlerts, SinkError, type StationOptions } from '@forge/writer-alerts'
import { type AlertSettings, memoryStorage, type StorageBackend, tableSource } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { describe, expect, test } from 'vitest'
import { openOutbox } from '../src/outbox/outbox.ts'
import { newEntry, type OutboxEntry } from '../src/outbox/outbox-entry.ts'
import { makeAlert } from './open-station.ts'

const DAY_MS = 86_400_000
const START_MS = Date.UTC(2024, 0, 1)
const STORAGES: Readonly<Record<string, (folder: string) => StorageBackend>> = {
  memory: () => memoryStorage(),
  duckdb: (folder) => duckdbStorage({ path: join(folder, 'log.duckdb') }),
  delta: (folder) => deltaStorage({ path: join(folder, 'lake') }),
}
const at = (day: number) => new Date(START_MS + day * DAY_MS)

describe.each(Object.keys(STORAGES))('the outbox on %s', (kind) => {
  test('what was sent or given up leaves the outbox after thirty days, what waits stays', async () => {
    await using log = await openLog(kind)
    await log.pass(0, [makeAlert({ id: 'a' }), makeAlert({ id: 'refused' })])
    await log.pass(1, [makeAlert({ id: 'b' })])
    await log.pass(29, [makeAlert({ id: 'c' })])
    expect(await log.ids()).toEqual(['a', 'b', 'c', 'refused'])
    await log.pass(32.5, [])
    expect(await log.ids()).toEqual(['c'])
    // The last claim stays, from which the next one is counted.
    await log.pass(100, [])
    expect(await log.ids()).toEqual(['c'])
    await log.pass(140, [makeAlert({ id: 'd' })])
    expect(await log.ids()).toEqual(['d'])
    expect(log.sent).toEqual(['a', 'b', 'c', 'd'])
  })

  test('an outage that lasts stays known, and its end is sent once', async () => {
    await using log = await openLog(kind)
    const failure = { kind: 'failure', incident: 'outage:1' } as const
    await log.pass(0, [makeAlert({ ...failure, id: 'first' }), makeAlert({ id: 'other' })])
    await log.pass(1, [makeAlert({ ...failure, id: 'last' })])
    await log.pass(60, [])
    expect(await log.ids()).toEqual(['last'])
    await log.pass(61, [makeAlert({ ...failure, kind: 'recovered', severity: 'info', id: 'end' })])
    expect(log.sent).toEqual(['first', 'other', 'last', 'end'])
    await log.pass(120, [])
    expect(await log.ids()).toEqual(['end'])
    expect(await log.open()).toEqual([])
  })

  test('an end stays while an old alert of its outage is pending', async () => {
    await using log = await openLog(kind)
    const failure = { kind: 'failure', incident: 'outage:1' } as const
    await log.put(0, 'pending', makeAlert({ ...failure, id: 'waits' }))
    await log.put(1, 'sent', makeAlert({ ...failure, kind: 'recovered', id: 'end' }))
    await log.put(1, 'sent', makeAlert({ id: 'old' }))
    expect(await log.prune(60, { maxEntries: 100 })).toBe(1)
    expect(await log.ids()).toEqual(['end', 'waits'])
    expect(await log.open()).toEqual([])
  })

  test('the number of entries is limited, but three days stay whatever their number', async () => {
    await using log = await openLog(kind)
    for (let day = 0; day < 20; day++)
      await log.put(day, 'sent', makeAlert({ id: `day ${String(day).padStart(2, '0')}` }))
    expect(await log.prune(20, { maxEntries: 19 })).toBe(0)
    expect(await log.prune(20, { maxEntries: 10 })).toBe(10)
    expect((await log.ids())[0]).toBe('day 10')
    expect(await log.prune(20, { maxEntries: 1 })).toBe(7)
    expect(await log.ids()).toEqual(['day 17', 'day 18', 'day 19'])
    expect(await log.prune(20, { maxEntries: 1 })).toBe(0)
  })
})

test('an outbox that does not exist yet is not created by its upkeep', async () => {
  await using log = await openLog('memory')
  expect(await log.prune(0, { maxEntries: 1 })).toBe(0)
  expect((await (await log.source.companion('alerts', [])).info()).exists).toBe(false)
})

test('a time that is too short for repeated writes is an error', () => {
  const source = tableSource({ storage: memoryStorage(), config: { tableSchema: 'analytics', tableName: 'log' } })
  expect(() => alertStation(source, [], { keepMs: 1000 })).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
})

async function openLog(kind: string) {
  const folder = newFolder()
  const storage = (STORAGES[kind] ?? memoryStorage)(folder)
  const source = tableSource({ storage, config: { tableSchema: 'analytics', tableName: 'log' } })
  const settings: AlertSettings[] = [{ kind: 'command', to: 'true', minSeverity: 'info' }]
  const sent: string[] = []
  const options = (day: number): StationOptions => ({
    env: {},
    now: () => at(day),
    random: () => 0,
    sinkFor: () => ({
      name: 'list',
      async send(alerts: readonly Alert[]) {
        if (alerts.some(({ id }) => id === 'refused')) throw new SinkError('no', { retryable: false })
        sent.push(...alerts.map(({ id }) => id))
      },
    }),
    giveUpMs: 1000,
  })
  const ids = async () => {
    const states = ['pending', 'sent', 'dead'] as const
    return [...new Set((await listAlerts(source, { states })).map(({ id }) => id))].toSorted()
  }
  return {
    source,
    sent,
    ids,
    open: async () => (await openOutbox(source)).openIncidents(),
    /** Raises alerts on a day, and sends them as a process of its own. */
    async pass(day: number, alerts: readonly Alert[]) {
      const station = alertStation(source, settings, options(day))
      for (const alert of alerts) {
        await station.raise([{ ...alert, occurredAt: at(day).toISOString() }])
        await station.deliver()
      }
      await station.deliver()
      await station.close()
    },
    async put(day: number, state: OutboxEntry['state'], alert: Alert) {
      await (await openOutbox(source)).put([{ ...newEntry(alert, 'list', at(day)), state }])
    },
    prune: async (day: number, { maxEntries }: { readonly maxEntries: number }) =>
      (await openOutbox(source)).prune({ now: at(day), keepMs: 30 * DAY_MS, maxEntries }),
    async [Symbol.asyncDispose]() {
      await storage.close()
    },
  }
}
