import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { AlertSettings } from '@forge/writer-core'
import { expect, test, vi } from 'vitest'
import { receiver } from './http-receiver.ts'
import { clock, makeAlert, open } from './open-station.ts'

test('a sink that hangs is left after its time, and blocks nobody', async () => {
  await using server = await receiver()
  server.behaviour = 'hang'
  const first = open({ kind: 'webhook', to: server.url }, { timeoutMs: 50 })
  await first.station.raise([makeAlert()])
  await first.station.deliver()
  expect(await first.readStored()).toMatchObject([
    { state: 'pending', attempts: 1, last_error: 'did not answer in time' },
  ])
  await first.station.close()
  server.behaviour = 200
  clock.ms += 60_000
  const second = open({ kind: 'webhook', to: server.url }, {}, first.storage)
  await second.station.deliver()
  expect(await second.readStored()).toMatchObject([{ state: 'sent' }])
  await second.station.close()
})

test('a sink that hangs is left after its time even if garbage is collected meanwhile', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: unknown = runInNewContext('gc')
  await using server = await receiver()
  server.behaviour = 'hang'
  const { station, readStored } = open({ kind: 'webhook', to: server.url }, { timeoutMs: 300, closeTimeoutMs: 0 })
  await station.raise([makeAlert()])
  const delivery = station.deliver()
  await vi.waitFor(() => expect(server.received).toHaveLength(1))
  if (typeof collectGarbage === 'function') collectGarbage()
  await delivery
  expect(await readStored()).toMatchObject([{ state: 'pending', attempts: 1, last_error: 'did not answer in time' }])
  await station.close()
})

test('a sink that does not look at its signal is left all the same', async () => {
  const sinkFor = () => ({ name: 'deaf', send: () => new Promise<void>(() => {}) })
  const { station, readStored } = open({ kind: 'command', to: 'deaf' }, { timeoutMs: 20, sinkFor })
  await station.raise([makeAlert()])
  await station.deliver()
  expect(await readStored()).toMatchObject([{ state: 'pending', attempts: 1, last_error: 'did not answer in time' }])
  await station.close()
})

test('a sink that hangs holds up none of the others, and is left when all is closed', async () => {
  await using hanging = await receiver()
  await using other = await receiver()
  hanging.behaviour = 'hang'
  const settings = [hanging, other].map(({ url }): AlertSettings => ({ kind: 'webhook', to: url }))
  const { station, readStored } = open(settings, { timeoutMs: 60_000, closeTimeoutMs: 10 })
  await station.raise([makeAlert()])
  await vi.waitFor(() => expect([hanging.received.length, other.received.length]).toEqual([1, 1]))
  await station.close()
  expect((await readStored()).map(({ state }) => state).sort()).toEqual(['pending', 'sent'])
})
