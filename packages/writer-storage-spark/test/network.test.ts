// @module-tag endurance
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type CutPoint, type CutProxy, cutProxy } from '@forge/fixtures/postgres'
import { describeSpark } from '@forge/fixtures/spark-tests'
import { batchFromRows, type ColumnDefinition, eq, isWriterError, type LogTable } from '@forge/writer-core'
import { type SparkStorageOptions, sparkStorage } from '@forge/writer-storage-spark'
import { expect, test } from 'vitest'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'text', type: 'string', nullable: true },
]
const batch = (id: number) =>
  batchFromRows(
    COLUMNS,
    [1, 2].map((row) => ({ id, text: String(row) })),
  )
/** A write uses the network less often than this. */
const MAX_STEPS = 80

describeSpark('a network that fails', (server) => {
  let places = 0
  const newPath = () => join(server.folder, `network${places++}`)
  const realPort = () => Number(new URL(server.url.replace('sc:', 'http:')).port)

  const withTable = async <Result>(options: SparkStorageOptions, work: (table: LogTable) => Promise<Result>) => {
    const storage = sparkStorage(options)
    try {
      return await work(await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS }))
    } finally {
      await storage.close()
    }
  }
  const rowsOf = (path: string, id: number) =>
    withTable({ url: server.url, path }, async (table) => {
      const [row] = await table.aggregate({ where: eq('id', id), measures: [{ fn: 'count', as: 'rows' }] })
      return Number(row?.rows)
    })
  const through = ({ port }: CutProxy, path: string): SparkStorageOptions => ({
    url: `sc://127.0.0.1:${port}`,
    path,
    reconnectMs: 5_000,
  })

  const WRITES: Readonly<Record<string, (table: LogTable, id: number) => Promise<unknown>>> = {
    append: (table, id) => table.append(batch(id), { batchId: `b${id}` }),
    merge: async (table, id) =>
      table.merge?.(batch(id), { keys: ['id', 'text'], whenMatched: 'update' }, { batchId: `b${id}` }),
  }

  for (const [name, write] of Object.entries(WRITES)) {
    test.each<CutPoint>(['request', 'answer'])(
      `that is cut once, at any %s of one ${name}, changes nothing: each row is stored once`,
      async (point) => {
        const path = newPath()
        await withTable({ url: server.url, path }, (table) => table.append(batch(0), { batchId: 'b0' }))
        await using proxy = await cutProxy(realPort())
        let steps = 0
        for (let id = 1; id <= MAX_STEPS; id++) {
          proxy.plan(id, point)
          const result = await withTable(through(proxy, path), (table) => write(table, id))
          expect(result, `step ${id}`).toMatchObject({ rowsInserted: 2 })
          if (!proxy.hasCut) break
          steps = id
          expect(await rowsOf(path, id), `step ${id}`).toBe(2)
        }
        expect(steps).toBeGreaterThan(3)
        expect(steps).toBeLessThan(MAX_STEPS)
      },
    )
  }

  test('that stays away says whether a write was stored, and the same write later stores it once', async () => {
    const path = newPath()
    await withTable({ url: server.url, path }, (table) => table.append(batch(0), { batchId: 'b0' }))
    await using proxy = await cutProxy(realPort())
    const outcomes = new Set<unknown>()
    for (let id = 1; id <= MAX_STEPS; id++) {
      proxy.plan(id, 'answer', true)
      const options = { ...through(proxy, path), reconnectMs: 100 }
      const outcome = await withTable(options, (table) => table.append(batch(id), { batchId: `b${id}` })).then(
        () => 'yes',
        (error: unknown) => (isWriterError(error) ? error.committed : error),
      )
      outcomes.add(outcome)
      expect(['yes', 'no', 'unknown'], `step ${id}`).toContain(outcome)
      if (outcome === 'yes') expect(await rowsOf(path, id), `step ${id}`).toBe(2)
      const wasCut = proxy.hasCut
      await withTable({ url: server.url, path }, (table) => table.append(batch(id), { batchId: `b${id}` }))
      expect(await rowsOf(path, id), `step ${id}`).toBe(2)
      if (!wasCut) break
    }
    expect(outcomes).toContain('unknown')
  })

  test('a function gives a new token when the old one has expired, and the write goes on', async () => {
    let valid = 'token-1'
    await using gate = await tokenGate(realPort(), () => valid)
    const given: string[] = []
    const storage = sparkStorage({
      url: `sc://127.0.0.1:${gate.port}`,
      path: newPath(),
      token() {
        given.push(valid)
        return valid
      },
    })
    const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
    await table.append(batch(1), { batchId: 'b1' })
    valid = 'token-2'
    await table.append(batch(2), { batchId: 'b2' })
    expect(given).toEqual(['token-1', 'token-2'])
    expect(await table.info()).toMatchObject({ rowCount: 4, version: 1 })
    await storage.close()
  })
})

/** Starts a proxy that lets only calls with the valid token through. */
async function tokenGate(target: number, valid: () => string) {
  const upstream = connect(`http://127.0.0.1:${target}`)
  const server = createServer()
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    if (headers.authorization !== `Bearer ${valid()}`) {
      const refusal = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16' }
      stream.respond(refusal, { endStream: true })
      return
    }
    if (upstream.destroyed) return void stream.close()
    const { ':authority': _authority, ...kept } = headers
    const request = upstream.request(kept)
    let trailers = {}
    request.on('error', () => stream.close())
    stream.on('close', () => request.close())
    request.on('response', ({ ':status': status, ...rest }, flags) => {
      const isOver = (flags & 1) === 1
      stream.respond({ ':status': status ?? 200, ...rest }, { waitForTrailers: !isOver, endStream: isOver })
    })
    request.on('trailers', (given) => {
      trailers = given
    })
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    stream.pipe(request)
    request.pipe(stream)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      upstream.close()
      server.close()
    },
  }
}
