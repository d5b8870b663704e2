// @module-tag processes
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { faultProxy, type ProxiedRequest } from '@forge/fixtures/s3'
import { batchFromRows, batchRows, type ColumnDefinition, type TableReader } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { checksumDeltaTable, deltaStorage, inspectDeltaTable } from '@forge/writer-storage-delta'
import { type S3StoresOptions, s3Stores } from '@forge/writer-store-s3'
import { expect, test } from 'vitest'
import { describeS3, placeOn } from './test-server.ts'

const program = fileURLToPath(new URL('writer-process.mjs', import.meta.url))
const isBuilt = existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url)))
const isLong = process.env.FORGE_LONG_TESTS === '1'
const LIMIT_MS = isLong ? 1_800_000 : 60_000
const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'string', nullable: false }]
const ref = { schema: 's', name: 't' }
const isCommitPut = ({ method, path }: ProxiedRequest) => method === 'PUT' && /_delta_log\/\d{20}\.json/.test(path)

async function withTable<Result>(
  place: S3StoresOptions,
  use: (table: Awaited<ReturnType<ReturnType<typeof deltaStorage>['openTable']>>) => Promise<Result>,
): Promise<Result> {
  const storage = deltaStorage({ stores: s3Stores(place) })
  try {
    return await use(await storage.openTable(ref, { columns: COLUMNS, packSmallFiles: false }))
  } finally {
    await storage.close()
  }
}

async function idsOf(reader: TableReader): Promise<string[]> {
  const ids: string[] = []
  for await (const batch of reader.scan()) for (const row of batchRows(batch)) ids.push(String(row.id))
  return ids.sort()
}

const batch = (...ids: string[]) =>
  batchFromRows(
    COLUMNS,
    ids.map((id) => ({ id })),
  )

describeS3('a table on S3 that several writers share', (server) => {
  interface Writer {
    readonly child: ChildProcess
    readonly acknowledged: string[]
    readonly ended: Promise<unknown>
  }

  function start({ bucket, prefix = '', endpoint = '' }: S3StoresOptions, args: readonly string[]): Writer {
    const env = { ...process.env, ...server.env, AWS_ENDPOINT_URL_S3: endpoint }
    const child = spawn(process.execPath, [program, bucket, prefix, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const writer: Writer = { child, acknowledged: [], ended: once(child, 'close') }
    createInterface({ input: child.stdout }).on('line', (line) => {
      writer.acknowledged.push(line)
    })
    return writer
  }

  test('a steady append takes four requests in two round trips', async () => {
    await using proxy = await faultProxy(server.endpoint)
    await withTable({ ...placeOn(server), endpoint: proxy.endpoint }, async (table) => {
      for (const id of ['a', 'b']) await table.append(batch(id), { batchId: id })
      proxy.requests.splice(0)
      // Requests that start together overlap.
      proxy.latencyMs = 100
      for (const id of ['c', 'd', 'e']) {
        proxy.rounds = 0
        await table.append(batch(id), { batchId: id })
        expect(proxy.rounds).toBe(2)
        const requests = proxy.requests.splice(0)
        expect(requests.map(({ method }) => method).sort()).toEqual(['GET', 'HEAD', 'PUT', 'PUT'])
        // The commit waits for all the others, which start together.
        expect(requests.findIndex(isCommitPut)).toBe(3)
      }
    })
  })

  test('a change of the table while an append is prepared does not reach the table', async () => {
    const place = placeOn(server)
    await withTable(place, async (table) => {
      await table.append(batch('a'), { batchId: 'a' })
      await withTable(place, (other) => other.evolve({ add: [{ name: 'more', type: 'int64', nullable: true }] }))
      await table.append(batch('b'), { batchId: 'b' })
      expect(await table.append(batch('b'), { batchId: 'b' })).toMatchObject({ alreadyWritten: true })
      expect(await idsOf(table)).toEqual(['a', 'b'])
      expect((await table.info()).columns.map(({ name }) => name)).toEqual(['id', 'more'])
      const { versions } = await table.history()
      expect(versions.map(({ operation }) => operation)).toEqual(['append', 'evolve', 'append'])
    })
  })

  test('a batch that another process has stored leaves no file behind', async () => {
    const place = placeOn(server)
    await withTable(place, async (table) => {
      await table.append(batch('a'), { batchId: 'a' })
      await withTable(place, (other) => other.append(batch('b'), { batchId: 'b' }))
      expect(await table.append(batch('b'), { batchId: 'b' })).toMatchObject({ alreadyWritten: true, version: 1 })
    })
    const files = await s3Stores(place).open('s/t').listPaths('')
    expect(files.filter((path) => path.endsWith('.parquet'))).toHaveLength(2)
  })

  test.skipIf(!isBuilt)(
    'eight processes append at once: no row is lost or doubled, no version is missing, and few puts are in vain (skipped if it is not built)',
    async () => {
      await using proxy = await faultProxy(server.endpoint)
      const place = { ...placeOn(server), endpoint: proxy.endpoint }
      const each = isLong ? 200 : 12
      await start(place, ['first', '1']).ended
      proxy.requests.splice(0)
      const writers = Array.from({ length: 8 }, (_none, at) => start(place, [`w${at}`, String(each)]))
      let isOver = false
      const all = Promise.all(writers.map(({ ended }) => ended)).finally(() => {
        isOver = true
      })
      // A reader sees only whole commits: each one adds one row.
      await withTable({ ...place, endpoint: server.endpoint }, async (table) => {
        while (!isOver) {
          const { rowCount, version } = await table.info()
          expect(rowCount).toBe(version + 1)
        }
      })
      expect((await all).flat().filter((code) => typeof code === 'number')).toEqual(Array(8).fill(0))
      const acknowledged = writers.flatMap((writer) => writer.acknowledged)
      expect(acknowledged).toHaveLength(8 * each)
      expect(proxy.requests.filter(isCommitPut).length / acknowledged.length).toBeLessThanOrEqual(4)
      await withTable(place, async (table) => {
        expect(await idsOf(table)).toEqual(['first-0', ...acknowledged].sort())
        expect((await table.history()).versions.map(({ version }) => version).reverse()).toEqual(
          Array.from({ length: 8 * each + 1 }, (_none, at) => at),
        )
      })
    },
    LIMIT_MS,
  )

  test.skipIf(!isBuilt)(
    'a writer that is killed at any of its requests loses nothing that it acknowledged, and leaves a whole table (skipped if it is not built)',
    async () => {
      const place = placeOn(server)
      await using proxy = await faultProxy(server.endpoint)
      const acknowledged = new Set<string>()
      const killedAt = new Set<string>()
      for (let round = 0; round < (isLong ? 200 : 8); round++) {
        let left = 1 + ((round * 17) % 61)
        const writer = start({ ...place, endpoint: proxy.endpoint }, [`r${round}`])
        proxy.plan = (request) => {
          if (--left !== 0) return undefined
          writer.child.kill('SIGKILL')
          killedAt.add(isCommitPut(request) ? 'commit' : request.method)
          // The request of a dead process is lost, or still arrives.
          return round % 2 === 0 ? 'cutBefore' : undefined
        }
        await writer.ended
        proxy.plan = () => undefined
        for (const id of writer.acknowledged) acknowledged.add(id)
        const ids = await withTable(place, idsOf)
        expect(new Set(ids).size).toBe(ids.length)
        expect([...acknowledged].filter((id) => !ids.includes(id))).toEqual([])
      }
      expect([...killedAt]).toEqual(expect.arrayContaining(isLong ? ['commit', 'PUT', 'GET', 'HEAD'] : ['GET']))
      await withTable(place, async (table) => {
        await table.vacuum({ retentionHours: 0, allowShortRetention: true })
        const { files, rowCount } = await table.info()
        const stored = await s3Stores(place).open('s/t').listPaths('')
        expect(stored.filter((path) => path.endsWith('.parquet'))).toHaveLength(files)
        expect(await idsOf(table)).toHaveLength(rowCount)
      })
      const checked = deltaStorage({ stores: s3Stores(place) })
      expect(await checked.doctor?.({ deep: true })).toMatchObject({ healthy: true })
      await checked.close()
    },
    LIMIT_MS,
  )

  test('four scans at once of a table that is larger than the cache give the right rows, and the cache becomes small again', async () => {
    const directory = newFolder()
    const place = { ...placeOn(server), cache: { directory, maxBytes: 10_000 } }
    await withTable(place, async (table) => {
      const long = (id: number) => `${id}-${'x'.repeat(3000)}`
      for (let id = 0; id < 12; id++) await table.append(batch(long(id)), { batchId: String(id) })
      const expected = Array.from({ length: 12 }, (_none, id) => long(id)).sort()
      const found = await Promise.all([1, 2, 3, 4].map(() => idsOf(table)))
      for (const ids of found) expect(ids).toEqual(expected)
      const [folder = ''] = await readdir(directory)
      const copies = async () =>
        (await readdir(join(directory, folder))).filter((name) => name.endsWith('.parquet')).length
      await expect.poll(copies).toBeLessThan(4)
    })
    expect(await readdir(directory)).toEqual([])
  })

  test('absolute paths of other engines in the bucket are read, kept by a vacuum, and those elsewhere are refused by name', async () => {
    const place = placeOn(server)
    const stores = s3Stores(place)
    const store = stores.open('s/t')
    await withTable(place, (table) => table.append(batch('a', 'b'), { batchId: 'a' }))
    const [file = ''] = (await store.listPaths('')).filter((path) => path.endsWith('.parquet'))
    const log = '_delta_log/00000000000000000000.json'
    const text = new TextDecoder().decode(await store.get(log))
    const rewrite = (path: string) => store.put(log, new TextEncoder().encode(text.replace(file, path)))
    for (const scheme of ['s3', 's3a', 's3n']) {
      await rewrite(`${scheme}://${place.bucket}/${place.prefix}/s/t/${file}`)
      await withTable(place, async (table) => {
        expect(await idsOf(table)).toEqual(['a', 'b'])
        await table.vacuum({ retentionHours: 0, allowShortRetention: true })
        expect(await idsOf(table)).toEqual(['a', 'b'])
      })
    }
    await rewrite(`abfss://container@account/${file}`)
    await withTable(place, (table) =>
      expect(idsOf(table)).rejects.toMatchObject({ code: 'UNSUPPORTED', context: { feature: 'abfss: paths' } }),
    )
    await stores.close()
  })

  test.each([
    ['Apache-Spark/4.0.0 Delta-Lake/4.0.1', 'warning'],
    ['Databricks-Runtime/16.4.x-scala2.12', 'warning'],
    ['Kernel-4.0.1/forge-interop', 'warning'],
    ['delta-rs:py-1.6.6', 'ok'],
  ])('a doctor of a table to which %s has written says %s', async (engineInfo, status) => {
    const place = placeOn(server)
    const stores = s3Stores(place)
    await withTable(place, (table) => table.append(batch('a'), { batchId: 'a' }))
    const examine = async () => {
      const storage = deltaStorage({ stores: s3Stores(place) })
      const report = await storage.doctor?.()
      await storage.close()
      return report?.checks.find(({ name }) => name === 's.t writers')
    }
    expect(await examine()).toMatchObject({ status: 'ok' })
    const info = { commitInfo: { timestamp: Date.now(), operation: 'WRITE', engineInfo } }
    await stores
      .open('s/t')
      .put('_delta_log/00000000000000000001.json', new TextEncoder().encode(`${JSON.stringify(info)}\n`))
    expect(await examine()).toMatchObject({
      status,
      ...(status === 'warning' && { detail: expect.stringContaining(engineInfo) }),
    })
    await stores.close()
  })

  test('a table is inspected and compared at its address', async () => {
    const place = placeOn(server)
    await withTable(place, (table) => table.append(batch('a', 'b'), { batchId: 'a' }))
    const stores = s3Stores({ ...place, prefix: `${place.prefix}/s/t` })
    expect(await inspectDeltaTable(stores)).toMatchObject({ location: stores.location, version: 0, rows: 2 })
    expect(await checksumDeltaTable(stores)).toMatchObject({ version: 0, rows: 2 })
    await stores.close()
  })
})
