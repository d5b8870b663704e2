// @module-tag processes
import { tracingChannel } from 'node:diagnostics_channel'
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { batchFromRows, batchRows, type ColumnDefinition, createLogWriter } from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { Client } from 'pg'
import { afterEach, expect, test } from 'vitest'
import { dropAll } from './drop-all.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'text', type: 'string', nullable: true },
]
const ref = { schema: 's', name: 't' }
const batch = (...ids: number[]) =>
  batchFromRows(
    COLUMNS,
    ids.map((id) => ({ id })),
  )

describePostgres('faults of a PostgreSQL server', (server) => {
  afterEach(() => dropAll(server))

  async function withTable<Result>(
    work: (table: Awaited<ReturnType<ReturnType<typeof postgresStorage>['openTable']>>) => Promise<Result>,
    options: { readonly lockTimeoutMs?: number } = {},
  ): Promise<Result> {
    const storage = postgresStorage({ url: server.url, ...options })
    try {
      return await work(await storage.openTable(ref, { columns: COLUMNS }))
    } finally {
      await storage.close()
    }
  }
  const idsIn = () =>
    withTable(async (table) => {
      const ids: number[] = []
      for await (const part of table.scan({ orderBy: [{ column: 'id' }] }))
        for (const row of batchRows(part)) ids.push(Number(row.id))
      return ids
    })

  test('a connection that the server ends at any step of a commit stores the batch whole or not at all, and says which', async () => {
    const steps = ['begin', 'pg_attribute', 'copy', 'pg_advisory_xact_lock(', 'insert into', 'commit']
    await withTable((table) => table.append(batch(0), { batchId: 'first' }))
    const kills: Promise<void>[] = []
    const killer = new Client({ connectionString: server.url })
    await killer.connect()
    const kill = async (pid: number) => void (await killer.query(`select pg_terminate_backend(${pid})`))
    for (const [at, step] of steps.entries()) {
      const id = at + 1
      const outcome = await withTable(async (table) => {
        const query = Client.prototype.query
        let isKilled = false
        // The session ends when the statement of this step is about to be sent.
        Client.prototype.query = function (this: Client, ...args: unknown[]) {
          const text = String((args[0] as { text?: string } | undefined)?.text ?? args[0] ?? '')
          const isCopy = typeof args[0] === 'object' && args[0] !== null && 'submit' in args[0]
          const pid = (this as unknown as { processID: number }).processID
          if (
            isKilled ||
            !(step === 'copy' ? isCopy : text.startsWith(step) || text.includes(step)) ||
            isCopy !== (step === 'copy')
          ) {
            return Reflect.apply(query, this, args)
          }
          isKilled = true
          if (!isCopy) return kill(pid).then(() => Reflect.apply(query, this, args))
          // The driver needs the stream at once, so the session ends while rows are copied.
          const stream: unknown = Reflect.apply(query, this, args)
          kills.push(kill(pid))
          return stream
        } as typeof query
        try {
          return await table.append(batch(id, id), { batchId: `b${id}` }).then(
            () => 'yes',
            (error: { committed?: string }) => error.committed,
          )
        } finally {
          Client.prototype.query = query
        }
      })
      await Promise.all(kills.splice(0))
      expect(['yes', 'no'], step).toContain(outcome)
      expect(
        (await idsIn()).filter((each) => each === id),
        step,
      ).toHaveLength(outcome === 'yes' ? 2 : 0)
      // The same batch is stored once, whatever happened before.
      await withTable((table) => table.append(batch(id, id), { batchId: `b${id}` }))
      expect(
        (await idsIn()).filter((each) => each === id),
        step,
      ).toHaveLength(2)
    }
    await killer.end()
  })

  test('a server that crashed keeps every acknowledged row, and the same storage goes on when it is back', async () => {
    const storage = postgresStorage({ url: server.url })
    const table = await storage.openTable(ref, { columns: COLUMNS })
    await table.append(batch(1), { batchId: 'a' })
    await server.restart()
    const write = () => table.append(batch(2), { batchId: 'b' })
    await write().catch(write)
    expect(await table.append(batch(9), { batchId: 'a' })).toMatchObject({ alreadyWritten: true, version: 0 })
    await storage.close()
    expect(await idsIn()).toEqual([1, 2])
  })

  test('a write waits for at most lockTimeoutMs, and then says that nothing was stored', async () => {
    await withTable((table) => table.append(batch(1), { batchId: 'a' }))
    const other = new Client({ connectionString: server.url })
    await other.connect()
    await other.query('begin; lock table "s"."t" in access exclusive mode')
    try {
      const write = withTable((table) => table.append(batch(2), { batchId: 'b' }), { lockTimeoutMs: 50 })
      await expect(write).rejects.toMatchObject({ code: 'CONCURRENCY', committed: 'no', transient: false })
    } finally {
      await other.end()
    }
    expect(await idsIn()).toEqual([1])
  })

  test.each(['first', 'later'])(
    'the %s append of a process says that it waits for another transaction',
    async (which) => {
      const waits: unknown[] = []
      const onWait = (wait: unknown) => void waits.push(wait)
      await withTable((table) => table.append(batch(1), { batchId: 'a' }))
      const other = new Client({ connectionString: server.url })
      await other.connect()
      await withTable(async (table) => {
        if (which === 'later') await table.append(batch(2), { batchId: 'b' })
        await other.query('begin; lock table forge_writer.versions in access exclusive mode')
        tracingChannel('forge-writer:lock').start.subscribe(onWait)
        try {
          const write = table.append(batch(3), { batchId: 'c' })
          await expect.poll(() => waits).toContainEqual(expect.objectContaining({ key: 's.t' }))
          await other.query('commit')
          expect(await write).toMatchObject({ alreadyWritten: false })
        } finally {
          tracingChannel('forge-writer:lock').start.unsubscribe(onWait)
          await other.end()
        }
      })
    },
  )

  test('lockTimeoutMs can be changed while the storage is open, and settings of an engine are refused by name', async () => {
    const storage = postgresStorage({ url: server.url })
    expect(storage.lockTimeoutMs).toBe(30_000)
    const writer = await createLogWriter({ storage, config: { tableSchema: 's', tableName: 't', lockTimeoutMs: 60 } })
    expect(storage.lockTimeoutMs).toBe(60)
    await writer.writeLogRows([{ run_id: 'r', phase: 'gold', step_name: 'a' }])
    const other = new Client({ connectionString: server.url })
    await other.connect()
    await other.query('begin; lock table "s"."t" in access exclusive mode')
    const write = writer.writeLogRows([{ run_id: 'r', phase: 'gold', step_name: 'b' }])
    await expect(write).rejects.toMatchObject({ code: 'CONCURRENCY', committed: 'no' })
    await other.end()
    for (const setting of ['memoryFraction', 'parallelWriteThreads']) {
      const configure = () => storage.configureEngine({ [setting]: setting === 'memoryFraction' ? 0.3 : 2 })
      expect(configure).toThrow(
        expect.objectContaining({
          code: 'CONFIGURATION',
          context: { problems: [expect.objectContaining({ setting })] },
        }),
      )
    }
    expect(() => storage.configureEngine({ lockTimeoutMs: -1 })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION' }),
    )
    await writer.close()
  })

  test('a scan that is abandoned gives its connection back', async () => {
    const storage = postgresStorage({ url: server.url, maxConnections: 1 })
    const table = await storage.openTable(ref, { columns: COLUMNS })
    await table.append(batch(...Array.from({ length: 100 }, (_none, id) => id)), { batchId: 'a' })
    for await (const part of table.scan({ batchRows: 10 })) {
      expect(part.rowCount).toBe(10)
      break
    }
    expect((await table.append(batch(1), { batchId: 'b' })).version).toBe(1)
    await storage.close()
  })

  test('writers of several storages lose no commit and leave no gap between versions', async () => {
    const writers = Array.from({ length: 4 }, async (_none, writer) =>
      withTable(async (table) => {
        for (let at = 0; at < 10; at++) {
          const id = writer * 100 + at
          if (at % 5 === 4) {
            await table.merge(batch(id), { keys: ['id'], whenMatched: 'update' }, { batchId: `b${id}` })
          } else await table.append(batch(id), { batchId: `b${id}` })
        }
      }),
    )
    await Promise.all(writers)
    expect(new Set(await idsIn()).size).toBe(40)
    const { versions } = await withTable((table) => table.history())
    expect(versions.map(({ version }) => version).reverse()).toEqual(Array.from({ length: 40 }, (_none, at) => at))
  })
})

test('no error and no location contains the password of the address', async () => {
  const url = 'postgres://user:hunter2@127.0.0.1:1/db'
  const storage = postgresStorage({ url })
  expect(storage.location).toBe('postgres://127.0.0.1:1/db')
  const table = await storage.openTable(ref, { columns: COLUMNS })
  const failure = await table.append(batch(1), { batchId: 'a' }).catch((error: unknown) => error)
  const named = expect.objectContaining({ server: 'postgres://127.0.0.1:1/db' })
  expect(failure).toMatchObject({ code: 'TABLE', committed: 'no', transient: true, context: named })
  expect(failure).toMatchObject({ message: expect.stringContaining('append to s.t at postgres://127.0.0.1:1/db:') })
  for (const work of [
    () => table.info(),
    () => table.scan()[Symbol.asyncIterator]().next(),
    () => storage.changeMark(),
    () => storage.doctor(),
  ]) {
    await expect(work()).rejects.toMatchObject({ context: named, message: expect.not.stringContaining('hunter2') })
  }
  expect(JSON.stringify([failure, String(failure), String((failure as Error).cause)])).not.toContain('hunter2')
  await storage.close()
  for (const address of [`${url}?sslmode=never`, `${url}?password=hunter2`, 'postgres://u:hunter2@h/%zz']) {
    const open = () => postgresStorage({ url: address })
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
    expect(open).not.toThrow(/hunter2/)
  }
})
