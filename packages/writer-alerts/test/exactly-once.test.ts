// @module-tag processes
import { join } from 'node:path'
import { listAlerts } from '@forge/writer-alerts'
import { tableSource } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Child, ensureBuilt, startChild } from './children/built.ts'
import { type Receiver, receiver } from './http-receiver.ts'

ensureBuilt()

let folder = ''
let server: Receiver
const children: Child[] = []
beforeEach(async () => {
  folder = newFolder()
  server = await receiver()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill()
  await server[Symbol.asyncDispose]()
})

function start(script: string, ...args: readonly string[]): Child {
  const child = startChild(script, args)
  children.push(child)
  return child
}

const sentIds = () =>
  server.received.flatMap(({ body }) => (JSON.parse(body) as { alerts: { id: string }[] }).alerts.map(({ id }) => id))
const path = () => join(folder, 'log')

/** The states of all entries of the outbox. */
async function states(kind: 'duckdb' | 'delta'): Promise<string[]> {
  const storage = kind === 'duckdb' ? duckdbStorage({ path: path() }) : deltaStorage({ path: path() })
  const source = tableSource({ storage, config: { tableSchema: 'analytics', tableName: 'log' } })
  const alerts = await listAlerts(source, { states: ['pending', 'sent', 'dead'] })
  await storage.close()
  return alerts.map(({ state }) => state)
}

describe.each(['duckdb', 'delta'] as const)('on %s', (storage) => {
  test('two processes that raise the same alerts at once send each of them once', async () => {
    const ids = Array.from({ length: 12 }, (_, at) => `alert-${String(at).padStart(2, '0')}`)
    const each = (own: readonly string[]) => start('raise-alerts.mjs', storage, path(), server.url, own.join(',')).ended
    await Promise.all([each(ids), each(ids), each(ids.toReversed())])
    expect(sentIds().toSorted()).toEqual(ids)
    expect(await states(storage)).toEqual(ids.map(() => 'sent'))
  })

  test('a write that was killed before it raised its alert raises it once by its retry', async () => {
    const killed = await start('write-failed-run.mjs', storage, path(), server.url, 'die').ended
    expect(killed.signal).toBe('SIGKILL')
    expect(server.received).toEqual([])
    for (let retry = 0; retry < 2; retry++) {
      const { output } = await start('write-failed-run.mjs', storage, path(), server.url).ended
      expect(JSON.parse(output)).toEqual({ alreadyWritten: true })
    }
    await vi.waitFor(() => expect(sentIds()).toHaveLength(1), { timeout: 20_000 })
  })

  test('a process that dies while it sends leaves the message to the next one, which sends it by the same key', async () => {
    server.behaviour = 'hang'
    const first = start('raise-alerts.mjs', storage, path(), server.url, 'a')
    await vi.waitFor(() => expect(server.received).toHaveLength(1), { timeout: 30_000 })
    first.kill()
    await first.ended
    server.behaviour = 200
    await start('raise-alerts.mjs', storage, path(), server.url, 'a').ended
    expect(sentIds()).toEqual(['a', 'a'])
    const keys = server.received.map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(keys).size).toBe(1)
    await start('raise-alerts.mjs', storage, path(), server.url, 'a').ended
    expect(sentIds()).toHaveLength(2)
  })

  test('a message that a living process is sending is left to it', async () => {
    server.behaviour = 'hang'
    const first = start('raise-alerts.mjs', storage, path(), server.url, 'a')
    await vi.waitFor(() => expect(server.received).toHaveLength(1), { timeout: 30_000 })
    server.behaviour = 200
    await start('raise-alerts.mjs', storage, path(), server.url, 'a,b').ended
    expect(sentIds()).toEqual(['a', 'b'])
    first.kill()
    await first.ended
  })
})
