import { verifySignature } from '@forge/writer-alerts'
import { describe, expect, test } from 'vitest'
import { receiver } from './http-receiver.ts'
import { clock, makeAlert, now, open, SECRET } from './open-station.ts'

test('a webhook gets the alert as JSON, signed, and the outbox says that it was sent', async () => {
  await using server = await receiver()
  const { station, readStored } = open({ kind: 'webhook', to: server.url, secretEnv: 'KEY' })
  await station.raise([makeAlert()])
  await station.deliver()
  expect(server.received.map(({ body }) => JSON.parse(body))).toEqual([{ version: 1, alerts: [makeAlert()] }])
  const [message] = server.received
  const { body = '' } = message ?? {}
  const signature = String(message?.headers['x-forge-signature'])
  expect(verifySignature(body, signature, { secret: SECRET, now })).toBe(true)
  expect(verifySignature(`${body} `, signature, { secret: SECRET, now })).toBe(false)
  expect(verifySignature(body, signature, { secret: 'another', now })).toBe(false)
  expect(verifySignature(body, signature, { secret: SECRET, now: () => new Date(clock.ms + 600_000) })).toBe(false)
  expect(verifySignature(body, 'nonsense', { secret: SECRET })).toBe(false)
  expect(await readStored()).toMatchObject([{ id: 'anomaly:1:error', state: 'sent', attempts: 1 }])
  await station.close()
})

test('the same alert is sent once, also by another process', async () => {
  await using server = await receiver()
  const first = open({ kind: 'webhook', to: server.url })
  await first.station.raise([makeAlert(), makeAlert()])
  await first.station.raise([makeAlert()])
  await first.station.deliver()
  const second = open({ kind: 'webhook', to: server.url }, {}, first.storage)
  await second.station.raise([makeAlert()])
  await second.station.deliver()
  expect(server.received).toHaveLength(1)
  await second.station.raise([makeAlert({ id: 'anomaly:1:critical', severity: 'critical' })])
  await second.station.deliver()
  expect(server.received).toHaveLength(2)
  await Promise.all([first.station.close(), second.station.close()])
})

test('what is on its way is not taken over a second time', async () => {
  await using server = await receiver()
  const { station, readStored } = open({ kind: 'webhook', to: server.url })
  await station.raise([makeAlert()])
  clock.ms += 60_000
  await Promise.all([station.deliver(), station.deliver()])
  expect(server.received).toHaveLength(1)
  expect(await readStored()).toMatchObject([{ state: 'sent', attempts: 1 }])
  await station.close()
})

describe('a sink that', () => {
  test('fails gets it again, after ever longer waits, until it comes back', async () => {
    await using server = await receiver()
    server.behaviour = 503
    const { station, readStored, logged } = open({ kind: 'webhook', to: server.url })
    await station.raise([makeAlert()])
    await station.deliver()
    expect(server.received).toHaveLength(1)
    await station.deliver()
    expect(server.received).toHaveLength(1)
    clock.ms += 1000
    await station.deliver()
    clock.ms += 1000
    await station.deliver()
    expect(server.received).toHaveLength(2)
    expect(await readStored()).toMatchObject([{ state: 'pending', attempts: 2, last_error: 'answered 503' }])
    server.behaviour = 200
    clock.ms += 2000
    await station.deliver()
    expect(await readStored()).toMatchObject([{ state: 'sent', attempts: 3 }])
    expect(logged.join()).not.toContain(server.url)
    await station.close()
  })

  test('is not there loses nothing: the next process sends what the first left', async () => {
    await using server = await receiver()
    await server.stop()
    const first = open({ kind: 'webhook', to: server.url })
    await first.station.raise([makeAlert(), makeAlert({ id: 'failure:2', kind: 'failure' })])
    await first.station.deliver()
    await first.station.close()
    expect(await first.readStored()).toMatchObject([{ state: 'pending' }, { state: 'pending' }])
    await server.start()
    clock.ms += 3_600_000
    const second = open({ kind: 'webhook', to: server.url }, {}, first.storage)
    await second.station.raise([])
    await second.station.deliver()
    expect(server.received).toHaveLength(2)
    expect(await second.readStored()).toMatchObject([{ state: 'sent' }, { state: 'sent' }])
    await second.station.close()
  })

  test('asks for patience gets it', async () => {
    await using server = await receiver()
    server.behaviour = 429
    server.headers = { 'retry-after': '120' }
    const { station } = open({ kind: 'webhook', to: server.url })
    await station.raise([makeAlert()])
    await station.deliver()
    server.behaviour = 200
    clock.ms += 119_000
    await station.deliver()
    expect(server.received).toHaveLength(1)
    clock.ms += 2000
    await station.deliver()
    expect(server.received).toHaveLength(2)
    await station.close()
  })

  test('refuses a message for good does not hold up the others', async () => {
    await using server = await receiver()
    server.behaviour = 413
    const { station, readStored } = open({ kind: 'webhook', to: server.url })
    await station.raise([makeAlert(), makeAlert({ id: 'other' })])
    await station.deliver()
    expect(await readStored()).toMatchObject([
      { state: 'dead', last_error: 'answered 413' },
      { state: 'dead', last_error: 'answered 413' },
    ])
    await station.close()
  })

  test('does not come back for days is given up, and what it did not get stays in the outbox', async () => {
    await using server = await receiver()
    server.behaviour = 500
    const { station, readStored } = open({ kind: 'webhook', to: server.url }, { giveUpMs: 3_600_000 })
    await station.raise([makeAlert()])
    await station.deliver()
    clock.ms += 2 * 3_600_000
    await station.deliver()
    expect(await readStored()).toMatchObject([{ state: 'dead', attempts: 2 }])
    await station.close()
  })
})

test('each setting gets the kinds and severities that it wants', async () => {
  await using server = await receiver()
  const { station, readStored } = open([
    { kind: 'webhook', to: `${server.url}/all` },
    { kind: 'webhook', to: `${server.url}/failures`, on: ['failure'], minSeverity: 'info' },
    { kind: 'webhook', to: `${server.url}/critical`, minSeverity: 'critical' },
  ])
  await station.raise([
    makeAlert({ id: 'a', severity: 'warning' }),
    makeAlert({ id: 'b', severity: 'info', kind: 'failure' }),
    makeAlert({ id: 'c', severity: 'critical' }),
  ])
  await station.deliver()
  const got = server.received.map(({ path, body }) => `${path.slice(6)} ${JSON.parse(body).alerts[0].id}`)
  expect(got.sort()).toEqual(['all a', 'all c', 'critical c', 'failures b'])
  expect(await readStored()).toHaveLength(4)
  await station.close()
})

test('many at once become one message that sums them up', async () => {
  await using server = await receiver()
  const { station } = open({ kind: 'slack', to: server.url })
  await station.raise(Array.from({ length: 40 }, (_, at) => makeAlert({ id: `a${at}`, text: `<!channel> ${at}` })))
  await station.deliver()
  const texts = server.received.map(({ body }) => JSON.parse(body))
  expect(texts.length).toBeLessThanOrEqual(2)
  expect(texts.at(-1).text).toMatch(/^\d+ alerts: \d+ error$/)
  expect(JSON.stringify(texts)).not.toContain('<!channel>')
  await station.close()
})

test('at most maxPerHour messages are sent in an hour', async () => {
  await using server = await receiver()
  const { station } = open({ kind: 'webhook', to: server.url, maxPerHour: 2 })
  for (const id of ['a', 'b', 'c']) {
    await station.raise([makeAlert({ id })])
    await station.deliver()
  }
  expect(server.received).toHaveLength(2)
  clock.ms += 3_600_000
  await station.deliver()
  expect(server.received).toHaveLength(3)
  await station.close()
})

test('in quiet hours only what is critical is sent, the rest when they are over', async () => {
  await using server = await receiver()
  clock.ms = Date.UTC(2024, 0, 20, 21, 30)
  const { station } = open({ kind: 'webhook', to: server.url, quietHours: '22:00-07:00 Europe/Berlin' })
  await station.raise([makeAlert({ id: 'a' }), makeAlert({ id: 'b', severity: 'critical' })])
  await station.deliver()
  const ids = () => server.received.map(({ body }) => JSON.parse(body).alerts[0].id)
  expect(ids()).toEqual(['b'])
  clock.ms = Date.UTC(2024, 0, 21, 6, 1)
  await station.deliver()
  expect(ids()).toEqual(['b', 'a'])
  await station.close()
})
