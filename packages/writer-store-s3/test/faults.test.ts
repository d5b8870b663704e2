// @module-tag processes
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type Fault, type FaultProxy, faultProxy } from '@forge/fixtures/s3'
import { batchFromRows, type ColumnDefinition, isWriterError } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'
import { type S3StoresOptions, s3Stores } from '@forge/writer-store-s3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeS3, placeOn } from './test-server.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
const ref = { schema: 's', name: 't' }
const isCommit = ({ method, path }: { method: string; path: string }) =>
  method === 'PUT' && /_delta_log\/\d{20}\.json/.test(path)
const isData = ({ method, path }: { method: string; path: string }) =>
  method === 'PUT' && /part-[^/]*\.parquet/.test(path)

describeS3('faults of an object store', (server) => {
  let proxy: FaultProxy
  let place: S3StoresOptions
  beforeEach(async () => {
    proxy = await faultProxy(server.endpoint)
    place = { ...placeOn(server), endpoint: proxy.endpoint, timeoutMs: 1000, retryMs: 5000 }
  })
  afterEach(() => proxy[Symbol.asyncDispose]())

  const open = (options: Partial<S3StoresOptions> = {}) => deltaStorage({ stores: s3Stores({ ...place, ...options }) })
  const tableOf = (storage: ReturnType<typeof open>) =>
    storage.openTable(ref, { columns: COLUMNS, packSmallFiles: false })
  const batch = (...ids: number[]) =>
    batchFromRows(
      COLUMNS,
      ids.map((id) => ({ id })),
    )
  const countStored = async () => {
    proxy.plan = () => undefined
    const storage = open()
    const table = await tableOf(storage)
    const info = await table.info()
    const { totalVersions } = info.exists ? await table.history() : { totalVersions: 0 }
    await storage.close()
    return { rows: info.rowCount, versions: totalVersions }
  }
  /** Breaks the first matching requests. */
  const breakFirst = (times: number, matches: (request: { method: string; path: string }) => boolean, fault: Fault) => {
    let left = times
    proxy.plan = (request) => (matches(request) && left-- > 0 ? fault : undefined)
  }

  const TEMPORARY: readonly Fault[] = [
    'cutBefore',
    'cutAfter',
    'hang',
    'hangBefore',
    'torn',
    { status: 409, code: 'ConditionalRequestConflict' },
    { status: 503, code: 'SlowDown' },
    { status: 500, code: 'InternalError' },
    { status: 429 },
  ]
  for (const fault of TEMPORARY) {
    test(`a commit is made once if its request meets ${JSON.stringify(fault)}`, async () => {
      const storage = open()
      const table = await tableOf(storage)
      await table.append(batch(1), { batchId: 'a' })
      breakFirst(1, isCommit, fault)
      expect(await table.append(batch(2, 3), { batchId: 'b' })).toMatchObject({
        version: 1,
        alreadyWritten: false,
        rowsWritten: 2,
      })
      await storage.close()
      expect(await countStored()).toEqual({ rows: 3, versions: 2 })
    })
  }

  for (const fault of ['cutBefore', 'cutAfter', 'torn', { status: 503 }] as const) {
    test(`an append survives ${JSON.stringify(fault)} at each of its requests`, async () => {
      for (let at = 0; at < 10; at++) {
        const storage = open()
        const table = await tableOf(storage)
        let number = 0
        proxy.plan = () => (number++ === at ? fault : undefined)
        expect(await table.append(batch(at), { batchId: `batch-${at}` })).toMatchObject({ alreadyWritten: false })
        proxy.plan = () => undefined
        await storage.close()
      }
      expect(await countStored()).toEqual({ rows: 10, versions: 10 })
    })
  }

  test('a commit whose answers never come is unknown if it was made, and the batch is stored once', async () => {
    const storage = open({ retryMs: 0 })
    const table = await tableOf(storage)
    await table.append(batch(1), { batchId: 'a' })
    // The commit is stored, and then the store is gone.
    let isGone = false
    proxy.plan = (request) => {
      if (isGone) return 'cutBefore'
      if (!isCommit(request)) return undefined
      isGone = true
      return 'cutAfter'
    }
    await expect(table.append(batch(2), { batchId: 'b' })).rejects.toMatchObject({
      committed: 'unknown',
      transient: true,
    })
    proxy.plan = () => undefined
    expect(await table.append(batch(2), { batchId: 'b' })).toMatchObject({ alreadyWritten: true, version: 1 })
    await storage.close()
    expect(await countStored()).toEqual({ rows: 2, versions: 2 })
  })

  const REFUSED: Fault = { status: 403, code: 'AccessDenied' }

  test('a commit whose answer is lost is found, although its repetition is refused', async () => {
    const storage = open()
    const table = await tableOf(storage)
    await table.append(batch(1), { batchId: 'a' })
    let puts = 0
    proxy.plan = (request) => (isCommit(request) ? (puts++ === 0 ? 'cutAfter' : REFUSED) : undefined)
    expect(await table.append(batch(2), { batchId: 'b' })).toMatchObject({ version: 1, alreadyWritten: false })
    await storage.close()
    expect(await countStored()).toEqual({ rows: 2, versions: 2 })
  })

  test.each(['a refusal', 'a failure of the credentials'])(
    'a commit whose answer is lost before %s is unknown, and its data file stays',
    async (end) => {
      const { accessKeyId, secretAccessKey } = server
      let isOver = false
      const credentials = async () => {
        if (isOver && end !== 'a refusal') throw new Error('no metadata')
        // They expire at once, so they are asked for before each request.
        return { accessKeyId, secretAccessKey, expiration: new Date() }
      }
      const storage = open({ credentials })
      const table = await tableOf(storage)
      await table.append(batch(1), { batchId: 'a' })
      proxy.plan = (request) => {
        if (isOver) return REFUSED
        if (!isCommit(request)) return undefined
        isOver = true
        return 'cutAfter'
      }
      proxy.requests.splice(0)
      await expect(table.append(batch(2), { batchId: 'b' })).rejects.toMatchObject({ committed: 'unknown' })
      expect(proxy.requests.filter(({ method }) => method === 'DELETE')).toEqual([])
      proxy.plan = () => undefined
      isOver = false
      expect(await table.append(batch(2), { batchId: 'b' })).toMatchObject({ alreadyWritten: true, version: 1 })
      await storage.close()
      expect(await countStored()).toEqual({ rows: 2, versions: 2 })
    },
  )

  test('a commit that may still arrive is unknown, and its data file stays', async () => {
    const storage = open({ retryMs: 0 })
    const table = await tableOf(storage)
    await table.append(batch(1), { batchId: 'a' })
    proxy.plan = (request) => (isCommit(request) ? 'cutBefore' : undefined)
    await expect(table.append(batch(2), { batchId: 'b' })).rejects.toMatchObject({ committed: 'unknown' })
    expect(proxy.requests.filter(({ method }) => method === 'DELETE')).toEqual([])
    proxy.plan = () => undefined
    expect(await table.append(batch(2), { batchId: 'b' })).toMatchObject({ alreadyWritten: false })
    await storage.close()
    expect(await countStored()).toEqual({ rows: 2, versions: 2 })
  })

  test('a data file that cannot be stored fails the write and leaves no version', async () => {
    const storage = open({ retryMs: 0 })
    const table = await tableOf(storage)
    await table.append(batch(1), { batchId: 'a' })
    proxy.plan = (request) => (isData(request) ? { status: 503, code: 'SlowDown' } : undefined)
    await expect(table.append(batch(2), { batchId: 'b' })).rejects.toMatchObject({ committed: 'no', transient: true })
    await storage.close()
    expect(await countStored()).toEqual({ rows: 1, versions: 1 })
  })

  test('expired credentials are asked for again once, and the write goes on', async () => {
    let asked = 0
    const { accessKeyId, secretAccessKey } = server
    const credentials = async () => ({ accessKeyId, secretAccessKey, sessionToken: undefined, number: ++asked })
    const storage = open({ credentials })
    const table = await tableOf(storage)
    await table.append(batch(1), { batchId: 'a' })
    expect(asked).toBe(1)
    breakFirst(1, isCommit, { status: 400, code: 'ExpiredToken' })
    expect(await table.append(batch(2), { batchId: 'b' })).toMatchObject({ version: 1 })
    expect(asked).toBe(2)
    proxy.plan = () => ({ status: 400, code: 'ExpiredToken' })
    await expect(table.append(batch(3), { batchId: 'c' })).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
    await storage.close()
    expect(await countStored()).toEqual({ rows: 2, versions: 2 })
  })

  test('a clock that is wrong is corrected by that of the store', async () => {
    const storage = open()
    const table = await tableOf(storage)
    const headers = { date: new Date(Date.now() + 3000).toUTCString() }
    breakFirst(1, () => true, { status: 403, code: 'RequestTimeTooSkewed', headers })
    expect(await table.append(batch(1), { batchId: 'a' })).toMatchObject({ version: 0 })
    await storage.close()
  })

  test('a store that ignores If-None-Match is refused before the first write', async () => {
    const careless = createServer((request, answer) => {
      const isList = request.url?.includes('list-type')
      const text = isList ? '<ListBucketResult></ListBucketResult>' : ''
      answer.writeHead(request.method === 'GET' && !isList ? 404 : 200, { 'content-length': text.length }).end(text)
    })
    careless.listen(0, '127.0.0.1')
    await once(careless, 'listening')
    const address = careless.address()
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const storage = open({ endpoint })
    const table = await tableOf(storage)
    await expect(table.append(batch(1), { batchId: 'a' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      committed: 'no',
      context: { feature: 'conditional put' },
    })
    await storage.close()
    careless.close()
  })

  test('no error shows a key, a signature or the text of the store', async () => {
    const faults: readonly Fault[] = [
      { status: 403, code: 'SignatureDoesNotMatch' },
      { status: 403, code: 'AccessDenied' },
      { status: 404, code: 'NoSuchBucket' },
      { status: 400, code: 'InvalidRequest' },
      { status: 503, code: 'SlowDown' },
      'cutBefore',
    ]
    for (const fault of faults) {
      const storage = open({ retryMs: 0 })
      proxy.plan = () => fault
      const table = await tableOf(storage)
      const error: unknown = await table.append(batch(1), { batchId: 'a' }).catch((thrown: unknown) => thrown)
      if (!isWriterError(error)) throw error
      const shown = JSON.stringify([error, error.message, error.context, error.suggestions, String(error.cause)])
      expect(shown).not.toMatch(new RegExp(`${server.accessKeyId}|${server.secretAccessKey}|AWS4|secret text`))
      expect(error.committed).toBe('no')
      await storage.close()
    }
  })

  test('a doctor that cannot reach the store reports no file as lost', async () => {
    const storage = open({ retryMs: 0 })
    const table = await tableOf(storage)
    await table.append(batch(1), { batchId: 'a' })
    await table.checkpoint()
    await storage.close()
    const cold = open({ retryMs: 0 })
    proxy.plan = ({ method, path }) => (method === 'GET' && /part-|checkpoint/.test(path) ? 'cutBefore' : undefined)
    await expect(cold.repair?.()).rejects.toMatchObject({ code: 'TABLE', transient: true })
    await cold.close()
    expect(await countStored()).toEqual({ rows: 1, versions: 1 })
  })
})
