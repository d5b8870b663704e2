// @module-tag processes
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { faultProxy } from '@forge/fixtures/s3'
import { batchFromRows } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { s3Stores } from '@forge/writer-store-s3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deleteKeys } from '../src/delete-keys.ts'
import { downloadObject } from '../src/download-object.ts'
import { s3Client } from '../src/s3-client.ts'
import { listPages } from '../src/s3-list.ts'
import { s3Settings } from '../src/s3-settings.ts'
import { uploadFile } from '../src/upload-file.ts'
import { describeS3, placeOn, storesOn } from './test-server.ts'

const text = (value: string) => new TextEncoder().encode(value)
const MIB = 1024 * 1024

describeS3('objects on S3', (server) => {
  const folder = newFolder()
  const store = (path = 's/t') => storesOn(server).open(path)
  const client = () => s3Client(s3Settings(server.bucket, placeOn(server)))

  test('an object is created once, whoever tries', async () => {
    const s3 = store()
    const results = await Promise.all(Array.from({ length: 8 }, (_none, at) => s3.putIfAbsent('a', text(String(at)))))
    expect(results.filter(Boolean)).toHaveLength(1)
    const winner = results.indexOf(true)
    expect(new TextDecoder().decode(await s3.get('a'))).toBe(String(winner))
  })

  test('a missing object is undefined, and deleting it again does nothing', async () => {
    const s3 = store()
    expect(await s3.get('none')).toBeUndefined()
    expect(await s3.head('none')).toBeUndefined()
    expect(await s3.heads(['none', 'other'])).toEqual([undefined, undefined])
    await s3.delete(['none', 'other', 'third'])
    await expect(s3.getRange('none', 0, 4)).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
  })

  test('names with signs that addresses and XML change come back as they were', async () => {
    const names = ["a b+c%d&e<f>g'h(i)!*~", 'ü/日本/😀.parquet', 'x=1%2F2/part', 'p&amp;q', '#?;:@,$']
    const s3 = store()
    for (const name of names) await s3.put(name, text(name))
    expect((await s3.list('')).map(({ path }) => path)).toEqual([...names].sort())
    for (const name of names) expect(new TextDecoder().decode(await s3.get(name))).toBe(name)
    await s3.delete(names)
    expect(await s3.list('')).toEqual([])
  })

  test('a table lives in a bucket with dots, below a prefix and names with blanks, percents and other letters', async () => {
    const place = { ...placeOn(server), bucket: 'forge.dots.test', prefix: 'a b/100%/ü+&=😀' }
    await s3Client(s3Settings(place.bucket, place)).send({ method: 'PUT', key: '' })
    const columns = [{ name: 'id', type: 'int64', nullable: true }] as const
    const refs = ['t', 'my table', '50% ü'].map((name) => ({ schema: 'my schéma', name }))
    const open = () => deltaStorage({ stores: s3Stores(place) })
    const first = open()
    for (const ref of refs) {
      const table = await first.openTable(ref, { columns })
      await table.append(batchFromRows(columns, [{ id: 1 }]), { batchId: 'a' })
    }
    await first.close()
    const second = open()
    expect(await second.listTables?.()).toEqual(expect.arrayContaining(refs))
    for (const ref of refs) {
      const table = await second.openTable(ref)
      expect(await table.aggregate({ measures: [{ as: 'rows', fn: 'count' }] })).toEqual([{ rows: 1 }])
      expect(await table.append(batchFromRows(columns, [{ id: 2 }]), { batchId: 'b' })).toMatchObject({ version: 1 })
    }
    await second.close()
  })

  test('ranges are exact, and one that is too long is an error', async () => {
    const s3 = store()
    await s3.put('r', text('0123456789'))
    expect(new TextDecoder().decode(await s3.getRange('r', 3, 4))).toBe('3456')
    await expect(s3.getRange('r', 8, 4)).rejects.toMatchObject({ code: 'TABLE' })
    await expect(s3.getRange('r', 20, 4)).rejects.toMatchObject({ code: 'TABLE' })
  })

  test('a listing of more than a thousand objects is whole, and has only what is directly below', async () => {
    const s3 = store()
    const names = Array.from({ length: 1050 }, (_none, at) => `d/${String(at).padStart(5, '0')}`)
    for (let from = 0; from < names.length; from += 50) {
      await Promise.all(names.slice(from, from + 50).map((name) => s3.put(name, text('x'))))
    }
    await s3.put('d/deeper/e', text('x'))
    expect(await s3.listPaths('d/')).toEqual(names)
    expect(await s3.list('d/')).toHaveLength(1051)
    const infos = await s3.heads([...names.slice(0, 40), 'd/none'])
    expect(infos.map((info) => info?.path)).toEqual([...names.slice(0, 40), undefined])
    await s3.delete(names)
    expect((await s3.list('d/')).map(({ path }) => path)).toEqual(['d/deeper/e'])
  })

  test('pages of any size give the same listing', async () => {
    const prefix = placeOn(server).prefix ?? ''
    const one = client()
    const keys = Array.from({ length: 7 }, (_none, at) => `${prefix}/k${at}`)
    for (const key of keys) await one.send({ method: 'PUT', key, body: text('x') })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (maxKeys) => {
        const found: string[] = []
        for await (const { objects } of listPages(one, { prefix, maxKeys }))
          found.push(...objects.map(({ path }) => path))
        expect(found).toEqual(keys)
      }),
      { numRuns: 9 },
    )
    await deleteKeys(one, keys)
  })

  test('a large file is uploaded and downloaded in parts, and every byte is the same', async () => {
    const bytes = Buffer.alloc(33 * MIB + 7)
    for (let at = 0; at < bytes.length; at += 4096)
      bytes.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, Math.min(at, bytes.length - 4))
    const [source, target] = [join(folder, 'large'), join(folder, 'copy')]
    await writeFile(source, bytes)
    await using proxy = await faultProxy(server.endpoint)
    const place = { ...placeOn(server), endpoint: proxy.endpoint }
    const one = s3Client(s3Settings(server.bucket, place))
    const key = `${place.prefix}/large`
    expect(await uploadFile(one, key, source)).toMatchObject({ sizeBytes: bytes.length })
    expect(proxy.requests.filter(({ path }) => path.includes('partNumber'))).toHaveLength(3)
    expect(await downloadObject(one, key, target)).toBe(bytes.length)
    expect(Buffer.compare(await readFile(target), bytes)).toBe(0)
  })

  test('parts of an upload that fails are deleted, and the object does not exist', async () => {
    await writeFile(join(folder, 'large'), Buffer.alloc(17 * MIB))
    await using proxy = await faultProxy(server.endpoint)
    const place = { ...placeOn(server), endpoint: proxy.endpoint, retryMs: 0 }
    const one = s3Client(s3Settings(server.bucket, place))
    proxy.plan = ({ path }) => (path.includes('partNumber=2') ? 'cutBefore' : undefined)
    await expect(uploadFile(one, `${place.prefix}/large`, join(folder, 'large'))).rejects.toMatchObject({
      code: 'TABLE',
      committed: 'no',
      transient: true,
    })
    expect(proxy.requests.at(-1)).toMatchObject({ method: 'DELETE', path: expect.stringContaining('uploadId') })
    expect(await one.send({ method: 'HEAD', key: `${place.prefix}/large`, expected: [404] })).toMatchObject({
      status: 404,
    })
  })
})
