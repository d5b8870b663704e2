import { type Fault, type FaultProxy, faultProxy, type ProxiedRequest } from '@forge/fixtures/s3'
import { batchFromRows, type ColumnDefinition, isWriterError } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'
import { type S3StoresOptions, s3Stores } from '@forge/writer-store-s3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeS3, placeOn } from './test-server.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
const regionOf = ({ headers }: ProxiedRequest) =>
  /Credential=[^/]+\/\d+\/([^/]+)\//.exec(String(headers.authorization))?.[1]

describeS3('a bucket that is elsewhere', (server) => {
  let proxy: FaultProxy
  let place: S3StoresOptions
  beforeEach(async () => {
    proxy = await faultProxy(server.endpoint)
    place = { ...placeOn(server), endpoint: proxy.endpoint, region: 'eu-west-1', retryMs: 0 }
  })
  afterEach(() => proxy[Symbol.asyncDispose]())

  async function appendOnce(options: Partial<S3StoresOptions> = {}) {
    const storage = deltaStorage({ stores: s3Stores({ ...place, ...options }) })
    try {
      const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
      return await table.append(batchFromRows(COLUMNS, [{ id: 1 }]), { batchId: 'a' })
    } finally {
      await storage.close()
    }
  }

  async function errorOf(append: Promise<unknown>) {
    const error: unknown = await append.catch((thrown: unknown) => thrown)
    if (!isWriterError(error)) throw error
    return error
  }

  const header = { 'x-amz-bucket-region': server.region }
  const WRONG_REGION: readonly [string, Fault][] = [
    ['a permanent redirect with the region', { status: 301, code: 'PermanentRedirect', headers: header }],
    ['a temporary redirect with the region', { status: 307, code: 'TemporaryRedirect', headers: header }],
    ['a redirect without a text, as to HEAD', { status: 301, headers: header }],
    ['a refusal without a text, as to HEAD', { status: 400, headers: header }],
    ['a malformed header', { status: 400, code: 'AuthorizationHeaderMalformed', headers: header }],
    [
      'a malformed header whose text alone names the region',
      { status: 400, code: 'AuthorizationHeaderMalformed', region: server.region },
    ],
  ]

  for (const [name, fault] of WRONG_REGION) {
    test(`a region that is wrong is corrected after ${name}, once for all requests`, async () => {
      proxy.plan = (request) => (regionOf(request) === server.region ? undefined : fault)
      expect(await appendOnce()).toMatchObject({ version: 0 })
      const regions = proxy.requests.map(regionOf)
      // Requests that start together may meet the wrong region together.
      expect(regions.lastIndexOf('eu-west-1')).toBeLessThan(4)
      expect(regions.at(-1)).toBe(server.region)
    })
  }

  test('a temporary redirect to another address is followed by every kind of request, and each address is signed', async () => {
    await using other = await faultProxy(server.endpoint)
    proxy.plan = ({ path }) => ({
      status: 307,
      code: 'TemporaryRedirect',
      headers: { location: other.endpoint + path },
    })
    const stores = s3Stores({ ...place, region: server.region })
    const store = stores.open('s/t')
    expect(await store.putIfAbsent('a', new TextEncoder().encode('text'))).toBe(true)
    expect(await store.putIfAbsent('a', new TextEncoder().encode('other'))).toBe(false)
    expect(await store.head('a')).toMatchObject({ sizeBytes: 4 })
    expect(await store.listPaths('')).toEqual(['a'])
    expect(new TextDecoder().decode(await store.getRange('a', 1, 2))).toBe('ex')
    await store.delete(['a'])
    await store.delete(['a', 'b', 'c'])
    expect(await store.get('a')).toBeUndefined()
    await stores.close()
    expect(other.requests).toHaveLength(proxy.requests.length)
    expect(new Set(other.requests.map(({ method }) => method))).toEqual(
      new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'POST']),
    )
    for (const { headers } of other.requests) expect(headers.host).toBe(new URL(other.endpoint).host)
  })

  test('a redirect to itself ends with an error that names the address', async () => {
    proxy.plan = ({ path }) => ({ status: 307, headers: { location: proxy.endpoint + path } })
    expect(await errorOf(appendOnce())).toMatchObject({
      code: 'TABLE',
      committed: 'no',
      context: { status: 307, location: proxy.endpoint },
    })
    expect(proxy.requests.length).toBeLessThan(20)
  })

  test.each([301, 302])('a redirect %d that names no region is an error with the address', async (status) => {
    proxy.plan = () => ({ status, headers: { location: 'https://console.example.org/login?token=hunter2' } })
    const error = await errorOf(appendOnce())
    expect(error).toMatchObject({
      code: 'TABLE',
      committed: 'no',
      context: { location: 'https://console.example.org' },
    })
    expect(JSON.stringify([error.message, error])).not.toMatch(/hunter2/)
  })

  test('a region that stays wrong is named in the error', async () => {
    proxy.plan = () => ({ status: 400, code: 'AuthorizationHeaderMalformed', region: 'ap-south-1' })
    const error = await errorOf(appendOnce())
    expect(error).toMatchObject({
      committed: 'no',
      context: { code: 'AuthorizationHeaderMalformed', region: 'ap-south-1' },
    })
    expect(error.suggestions.join()).toContain('ap-south-1')
  })

  test('a token of a session is sent and signed with each request', async () => {
    const { accessKeyId, secretAccessKey } = server
    proxy.plan = () => ({ status: 404 })
    await errorOf(appendOnce({ credentials: { accessKeyId, secretAccessKey, sessionToken: 'token-7' } }))
    for (const { headers } of proxy.requests) {
      expect(headers['x-amz-security-token']).toBe('token-7')
      expect(headers.authorization).toMatch(/SignedHeaders=[^,]*x-amz-security-token/)
    }
    expect(proxy.requests.length).toBeGreaterThan(0)
  })
})
