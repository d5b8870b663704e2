// @module-tag many-calls
import { batchRows } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { receiver } from './http-receiver.ts'
import { clock, makeAlert, open } from './open-station.ts'

const idsOf = (body: string) => (JSON.parse(body) as { alerts: { id: string }[] }).alerts.map(({ id }) => id)

test.each([500, 400])(
  'an alert that its sink answers with %i blocks none of the others, alone or among many',
  async (status) => {
    await using server = await receiver()
    server.answer = (body) => (body.includes('poison') ? status : 200)
    const { station, readStored } = open({ kind: 'webhook', to: server.url })
    const alerts = Array.from({ length: 30 }, (_, at) =>
      makeAlert({ id: `a${at}`, text: at === 11 ? 'poison' : 'fine' }),
    )
    await station.raise(alerts)
    await station.deliver()
    const states = () => readStored().then((rows) => rows.filter(({ state }) => state !== 'sent'))
    expect((await states()).map(({ id }) => id)).toEqual(['a11'])
    const taken = server.received.filter(({ body }) => !body.includes('poison')).flatMap(({ body }) => idsOf(body))
    expect(taken.toSorted()).toEqual(
      alerts
        .map(({ id }) => id)
        .filter((id) => id !== 'a11')
        .toSorted(),
    )
    for (let round = 0; round < 14; round++) {
      clock.ms += 20 * 60_000
      await station.raise([makeAlert({ id: `later${round}` })])
      await station.deliver()
    }
    expect(await states()).toMatchObject([{ id: 'a11', state: 'dead' }])
    await station.close()
  },
)

test('two alerts that are not taken keep no later one back', async () => {
  await using server = await receiver()
  server.answer = (body) => (body.includes('poison') ? 503 : 200)
  const { station } = open({ kind: 'webhook', to: server.url })
  await station.raise([makeAlert({ id: 'p1', text: 'poison' }), makeAlert({ id: 'p2', text: 'poison' })])
  await station.deliver()
  await station.raise([makeAlert({ id: 'good' })])
  clock.ms += 60_000
  await station.deliver()
  expect(server.received.filter(({ body }) => !body.includes('poison')).flatMap(({ body }) => idsOf(body))).toEqual([
    'good',
  ])
  await station.close()
})

test('an outage of hours gives up nothing, and what it held back goes into few messages', async () => {
  await using server = await receiver()
  server.behaviour = 503
  const { station, readStored } = open({ kind: 'webhook', to: server.url })
  for (let at = 0; at < 60; at++) {
    await station.raise([makeAlert({ id: `a${at}` })])
    await station.deliver()
    clock.ms += 10 * 60_000
  }
  server.behaviour = 200
  const before = server.received.length
  clock.ms += 3_600_000
  await station.deliver()
  expect((await readStored()).filter(({ state }) => state !== 'sent')).toEqual([])
  expect(server.received.length - before).toBeLessThanOrEqual(2)
  await station.close()
})

test('a redirect is not followed, and the alert waits', async () => {
  await using server = await receiver()
  await using elsewhere = await receiver()
  server.behaviour = 307
  server.headers = { location: elsewhere.url }
  const { station, readStored } = open({ kind: 'webhook', to: server.url })
  await station.raise([makeAlert()])
  await station.deliver()
  expect(elsewhere.received).toEqual([])
  expect(await readStored()).toMatchObject([
    { state: 'pending', attempts: 1, last_error: 'answered 307, and redirects are not followed' },
  ])
  await station.close()
})

test('a year of failures that is recorded now is one message, dated as it happened', async () => {
  await using server = await receiver()
  const { station } = open({ kind: 'webhook', to: server.url })
  for (let day = 0; day < 75; day++) {
    const occurredAt = new Date(Date.UTC(2023, 0, 1 + 4 * day)).toISOString()
    await station.raise([makeAlert({ id: `day${day}`, kind: 'failure', occurredAt })])
  }
  await station.close()
  expect(server.received.map(({ body }) => idsOf(body).length)).toEqual([75])
})

test('a burst of many raises becomes some messages of their own and one for the rest', async () => {
  await using server = await receiver()
  const { station } = open({ kind: 'webhook', to: server.url, maxPerHour: 1000 })
  for (let at = 0; at < 75; at++) await station.raise([makeAlert({ id: `a${at}` })])
  await station.close()
  expect(server.received.flatMap(({ body }) => idsOf(body))).toHaveLength(75)
  expect(server.received.length).toBeLessThanOrEqual(12)
})

test('a table of alerts of an older layout is used on, with what waits in it', async () => {
  await using server = await receiver()
  const { station, readStored, storage } = open({ kind: 'webhook', to: server.url })
  server.behaviour = 503
  await station.raise([makeAlert()])
  await station.deliver()
  await station.close()
  const table = await storage.openTable({ schema: 'analytics', name: 'log_alerts' })
  const old = ['id', 'sink', 'state', 'attempts', 'kind', 'severity', 'alert', 'last_error', 'raised_at', 'updated_at']
  const { columns } = await table.info()
  const rows: Record<string, unknown>[] = []
  for await (const batch of table.scan({ columns: old })) rows.push(...batchRows(batch))
  const { memoryStorage, batchFromRows } = await import('@forge/writer-core')
  const older = memoryStorage()
  const oldColumns = columns.filter(({ name }) => old.includes(name))
  const oldTable = await older.openTable({ schema: 'analytics', name: 'log_alerts' }, { columns: oldColumns })
  await oldTable.append(batchFromRows(oldColumns, rows), { batchId: 'old' })
  server.behaviour = 200
  const second = open({ kind: 'webhook', to: server.url }, {}, older)
  await second.station.raise([makeAlert({ id: 'new' })])
  await second.station.deliver()
  expect(await second.readStored()).toMatchObject([{ state: 'sent' }, { state: 'sent' }])
  expect(await readStored()).toMatchObject([{ state: 'pending' }])
  await second.station.close()
})
