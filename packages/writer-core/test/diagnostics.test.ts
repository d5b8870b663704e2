import { tracingChannel } from 'node:diagnostics_channel'
import { tmpdir } from 'node:os'
import { createLogWriter, memoryStorage } from '@forge/writer-core'
import { acquireLock, deadlineIn } from '@forge/writer-core/lock'
import { afterEach, expect, test } from 'vitest'

const config = { tableSchema: 'analytics', tableName: 'pipeline_logs', maxRetries: 0 }
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** Collects the events of a channel. */
function listen(name: string): { readonly event: string; readonly message: Record<string, unknown> }[] {
  const found: { event: string; message: Record<string, unknown> }[] = []
  const add = (event: string) => (message: object) => void found.push({ event, message: { ...message } })
  const listeners = {
    start: add('start'),
    end: add('end'),
    asyncStart: add('asyncStart'),
    asyncEnd: add('asyncEnd'),
    error: add('error'),
  }
  const channel = tracingChannel(`forge-writer:${name}`)
  channel.subscribe(listeners)
  stops.push(() => channel.unsubscribe(listeners))
  return found
}

test('a write is published with its table and batch, and so is its failure', async () => {
  await using writer = await createLogWriter({ storage: memoryStorage(), config })
  const found = listen('write')
  await writer.writeLogRows([{ run_id: 'r', phase: 'gold' }], { batchId: 'b' })
  expect(found.map(({ event }) => event)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
  expect(found[0]?.message).toEqual({ tableFqn: 'analytics.pipeline_logs', batchId: 'b' })
  expect(found[3]?.message.result).toMatchObject({ rowsWritten: 1 })
  found.length = 0
  await expect(writer.writeLogRows([{ phase: 'tin' as 'gold' }])).rejects.toMatchObject({ code: 'VALIDATION' })
  expect(found.find(({ event }) => event === 'error')?.message.error).toMatchObject({ code: 'VALIDATION' })
})

test('a flush is published with the rows that wait', async () => {
  await using writer = await createLogWriter({ storage: memoryStorage(), config })
  const found = listen('flush')
  await using stream = writer.stream()
  await stream.write([
    { run_id: 'a', phase: 'gold' },
    { run_id: 'b', phase: 'gold' },
  ])
  await stream.flush()
  expect(found.filter(({ event }) => event === 'start').map(({ message }) => message)).toEqual([{ bufferedRows: 2 }])
})

test('a wait for a lock is published', async () => {
  const found = listen('lock')
  const key = `test:${tmpdir()}:${process.pid}`
  const lock = await acquireLock(key, { deadline: deadlineIn(1000) })
  await expect(acquireLock(key, { deadline: deadlineIn(0) })).rejects.toMatchObject({ code: 'CONCURRENCY' })
  await lock.release()
  expect(found.filter(({ event }) => event === 'start').map(({ message }) => message)).toEqual([{ key }, { key }])
  const failed = found.filter(({ event }) => event === 'error')
  expect(failed.map(({ message }) => message.holder)).toEqual([process.pid])
})

test('the holder of a lock is known while others wait for it', async () => {
  const key = `test-holder:${tmpdir()}:${process.pid}`
  let arrived = () => {}
  const waited = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const lock = await acquireLock(key, { deadline: deadlineIn(10_000), onWaiting: () => arrived() })
  const waits: { holder?: number }[] = []
  const listener = { start: (message: object) => void waits.push(message) }
  const channel = tracingChannel('forge-writer:lock')
  channel.subscribe(listener as Parameters<typeof channel.subscribe>[0])
  stops.push(() => channel.unsubscribe(listener as Parameters<typeof channel.unsubscribe>[0]))
  const second = acquireLock(key, { deadline: deadlineIn(10_000) })
  await waited
  await expect.poll(() => waits[0]?.holder).toBe(process.pid)
  await lock.release()
  await (await second).release()
})
