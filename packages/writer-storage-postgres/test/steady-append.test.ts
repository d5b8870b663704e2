// @module-tag processes
import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { type CutPoint, cutProxy } from '@forge/fixtures/postgres'
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { batchFromRows, batchRows, type ColumnDefinition, type LogTable } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { Client } from 'pg'
import { afterEach, expect, test } from 'vitest'
import { dropAll } from './drop-all.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'text', type: 'string', nullable: true },
]
const batch = (id: number) => batchFromRows(COLUMNS, [{ id, text: 'a' }, { id }])

describePostgres('an append to a table that the process knows', (server) => {
  afterEach(() => dropAll(server))

  /** Opens the table on a port and appends twice, after which the storage knows the table. */
  const withKnownTable = async (
    work: (table: LogTable) => Promise<unknown>,
    { port = server.port, lockTimeoutMs = 30_000 } = {},
  ) => {
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const storage = postgresStorage({ url, maxConnections: 1, lockTimeoutMs })
    try {
      const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
      for (const batchId of ['first', 'second']) await table.append(batch(0), { batchId })
      await work(table)
    } finally {
      await storage.close()
    }
  }
  const sql = async (text: string) => {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }
  const rowsOf = async (id: number) => Number((await sql(`select count(*) from s.t where id = ${id}`))[0]?.count)

  test('is one message to the server and one answer', async () => {
    await using proxy = await cutProxy(server.port)
    await withKnownTable(
      async (table) => {
        // The plan counts what the client sends. The second message would cut the connection.
        proxy.plan(2)
        expect(await table.append(batch(1), { batchId: 'third' })).toMatchObject({ version: 2, rowsInserted: 2 })
        expect(proxy.hasCut).toBe(false)
      },
      { port: proxy.port },
    )
    expect(await rowsOf(1)).toBe(2)
  })

  test('finds a batch that is stored, and gives every version once', async () => {
    await withKnownTable(async (table) => {
      const first = await table.append(batch(1), { batchId: 'a', note: { from: 'here' } })
      expect(first).toMatchObject({ version: 2, alreadyWritten: false, rowsInserted: 2 })
      const again = await table.append(batch(1), { batchId: 'a' })
      expect(again).toEqual({ ...first, alreadyWritten: true })
      expect(await table.append(batch(2), { batchId: 'b' })).toMatchObject({ version: 3 })
      const { versions } = (await table.history?.()) ?? { versions: [] }
      expect(versions.map(({ version, rowCount }) => [version, rowCount])).toEqual([
        [3, 8],
        [2, 6],
        [1, 4],
        [0, 2],
      ])
      expect(versions[1]).toMatchObject({ batchId: 'a', note: { from: 'here' }, operation: 'append' })
    })
  })

  test.each<[string, string, unknown[]]>([
    ['a column has another type of as many bytes', 'alter table s.t alter id type double precision', [0, 7]],
    ['a column is new', 'alter table s.t add column more integer', [0, 7]],
    ['the order of the columns is another', 'alter table s.t drop column text, add column text text', [0, 7]],
    ['a comment gives a column another type', `comment on column s.t.text is 'forge-writer type: json'`, [0]],
    ['the journal was dropped', 'drop schema forge_writer cascade', [0, 7]],
    ['the functions were dropped', 'drop function forge_writer.begin_append_1', [0, 7]],
    ['the table was dropped', 'drop table s.t', [7]],
  ])('sees that %s', async (_what, change, expected) => {
    await withKnownTable(async (table) => {
      await table.append(batch(0), { batchId: 'third' })
      await sql(change)
      await table.append(batch(7), { batchId: 'fourth' }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'SCHEMA', committed: 'no' })
      })
      const ids = new Set<unknown>()
      for await (const part of table.scan()) for (const row of batchRows(part)) ids.add(Number(row.id))
      expect([...ids]).toEqual(expected)
    })
  })

  test('waits for at most lockTimeoutMs for the turn to add its version', async () => {
    await withKnownTable(
      async (table) => {
        const other = new Client({ connectionString: server.url })
        await other.connect()
        await other.query(`begin; lock table forge_writer.versions in access exclusive mode`)
        const write = table.append(batch(1), { batchId: 'a' })
        await expect(write).rejects.toMatchObject({ code: 'CONCURRENCY', committed: 'no', transient: false })
        await other.end()
        expect(await table.append(batch(1), { batchId: 'a' })).toMatchObject({ alreadyWritten: false })
      },
      { lockTimeoutMs: 50 },
    )
    expect(await rowsOf(1)).toBe(2)
  })

  test.each<CutPoint>(['request', 'answer'])('is stored once if the network is cut at its %s', async (point) => {
    await using proxy = await cutProxy(server.port)
    await withKnownTable(
      async (table) => {
        for (let step = 1; step <= 4; step++) {
          proxy.plan(step, point)
          expect(await table.append(batch(step), { batchId: `b${step}` })).toMatchObject({ alreadyWritten: false })
          expect(proxy.hasCut).toBe(step === 1)
          expect(await rowsOf(step)).toBe(2)
        }
      },
      { port: proxy.port },
    )
  })

  test('is unknown if the server stays away, and known when it is back', async () => {
    await using proxy = await cutProxy(server.port)
    await withKnownTable(
      async (table) => {
        for (const [id, point] of (['request', 'answer'] as const).entries()) {
          proxy.plan(1, point, true)
          const write = table.append(batch(id + 1), { batchId: point })
          await expect(write).rejects.toMatchObject({ code: 'TABLE', committed: 'unknown', transient: true })
          proxy.plan()
          await table.append(batch(id + 1), { batchId: point })
          expect(await rowsOf(id + 1)).toBe(2)
        }
      },
      { port: proxy.port },
    )
  })

  test('is stored once if the server reads it after it was written again', async () => {
    await using proxy = await lateProxy(server.port)
    await withKnownTable(
      async (table) => {
        proxy.holdNext()
        expect(await table.append(batch(1), { batchId: 'a' })).toMatchObject({ alreadyWritten: false, version: 2 })
        expect(await proxy.deliver()).toContain('the batch is stored')
        expect(await table.append(batch(2), { batchId: 'b' })).toMatchObject({ version: 3 })
      },
      { port: proxy.port },
    )
    expect([await rowsOf(1), await rowsOf(2)]).toEqual([2, 2])
  })
})

/** The message of the protocol that ends an answer. */
const READY = 'Z\0\0\0\u0005'

/** A proxy that ends the client's connection at the next message, and delivers that message to the server later. */
async function lateProxy(target: number) {
  const upstreams = new Set<Socket>()
  let isHolding = false
  let held: { readonly upstream: Socket; readonly part: Buffer } | undefined
  const server = createServer((client) => {
    const upstream = createConnection({ host: '127.0.0.1', port: target })
    upstreams.add(upstream)
    upstream.on('error', () => undefined)
    upstream.on('data', (part) => void (client.destroyed || client.write(part)))
    client.on('error', () => undefined)
    client.on('close', () => void (held?.upstream === upstream || upstream.destroy()))
    client.on('data', (part) => {
      if (!isHolding) return void upstream.write(part)
      isHolding = false
      held = { upstream, part }
      client.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    holdNext() {
      isHolding = true
    },
    /** Delivers the message. Resolves with the server's answer. */
    async deliver(): Promise<string> {
      if (!held) throw new Error('nothing is held')
      const { upstream, part } = held
      let answer = ''
      const isReady = new Promise<void>((resolve) => {
        upstream.on('data', (bytes) => {
          answer += bytes.toString('latin1')
          if (answer.slice(0, -1).endsWith(READY)) resolve()
        })
      })
      upstream.write(part)
      await isReady
      return answer
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const upstream of upstreams) upstream.destroy()
    },
  }
}
