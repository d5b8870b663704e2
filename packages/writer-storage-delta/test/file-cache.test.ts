import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { type FileCache, fileCache, type WantedFile } from '@forge/writer-storage-delta/stores'
import { beforeEach, expect, test } from 'vitest'
import { ownerMark } from '../src/store/owner.ts'

let directory = ''
let fetched: string[] = []

beforeEach(async () => {
  directory = newFolder()
  fetched = []
})

/** A remote file of ten bytes. */
const remote = (key: string): WantedFile => ({
  key,
  async fetch(target) {
    fetched.push(key)
    await writeFile(target, key.padEnd(10, '.'))
    return 10
  },
})
const contentOf = (cache: FileCache, key: string) => readFile(cache.addressOf(key), 'utf8')
const cacheOf = (maxBytes = 1000) => fileCache({ directory, maxBytes })

test('a file is fetched once, however many leases want it at once', async () => {
  const cache = cacheOf()
  const leases = await Promise.all(Array.from({ length: 20 }, () => cache.lease([remote('a'), remote('b')])))
  expect(fetched.sort()).toEqual(['a', 'b'])
  expect(await contentOf(cache, 'a')).toBe('a.........')
  for (const lease of leases) lease[Symbol.dispose]()
  await cache.close()
})

test('the copies that are unused for the longest time go first, and none that is in use', async () => {
  const cache = cacheOf(30)
  for (const key of ['a', 'b', 'c']) (await cache.lease([remote(key)]))[Symbol.dispose]()
  using _kept = await cache.lease([remote('a')])
  ;(await cache.lease([remote('d')]))[Symbol.dispose]()
  ;(await cache.lease([remote('e')]))[Symbol.dispose]()
  expect(cache.sizeBytes()).toBe(30)
  expect(['a', 'b', 'c', 'd', 'e'].map((key) => existsSync(cache.addressOf(key)))).toEqual([
    true,
    false,
    false,
    true,
    true,
  ])
  await cache.close()
})

test('copies in use stay even if they are more than the limit, and go when their lease ends', async () => {
  const cache = cacheOf(15)
  const lease = await cache.lease(['a', 'b', 'c', 'd'].map(remote))
  expect(cache.sizeBytes()).toBe(40)
  for (const key of ['a', 'b', 'c', 'd']) expect(await contentOf(cache, key)).toContain(key)
  lease[Symbol.dispose]()
  await expect.poll(() => cache.sizeBytes()).toBe(10)
  await cache.close()
})

test.each([
  ['was cut short', (file: string) => truncate(file, 3)],
  ['was deleted', (file: string) => rm(file)],
  [
    'was overwritten with as many bytes',
    async (file: string) => {
      await writeFile(file, 'damaged!!!')
      await utimes(file, 1, 1)
    },
  ],
])('a copy that %s is fetched again', async (_name, damage) => {
  const cache = cacheOf()
  ;(await cache.lease([remote('a')]))[Symbol.dispose]()
  await damage(cache.addressOf('a'))
  using _lease = await cache.lease([remote('a')])
  expect(await contentOf(cache, 'a')).toBe('a.........')
  expect(fetched).toEqual(['a', 'a'])
  await cache.close()
})

test('a lease that cannot fetch a file fails, keeps nothing, and the next one tries again', async () => {
  const cache = cacheOf(0)
  const broken: WantedFile = { key: 'a', fetch: () => Promise.reject(new Error('gone')) }
  await expect(cache.lease([remote('b'), broken])).rejects.toThrow('gone')
  using _lease = await cache.lease([remote('a')])
  expect(await contentOf(cache, 'a')).toBe('a.........')
  await expect.poll(() => cache.sizeBytes()).toBe(10)
  await cache.close()
})

test('a file that was just written is its own copy', async () => {
  const cache = cacheOf()
  const file = join(await cache.folder('new'), 'part')
  await writeFile(file, 'x'.repeat(10))
  await cache.adopt('a', file, 10)
  using _lease = await cache.lease([remote('a')])
  expect(fetched).toEqual([])
  expect(await contentOf(cache, 'a')).toBe('xxxxxxxxxx')
  await cache.forget(['a'])
  expect(existsSync(cache.addressOf('a'))).toBe(false)
  await cache.close()
})

test('only this user may read the copies, and closing deletes all of them', async () => {
  const cache = cacheOf()
  ;(await cache.lease([remote('a')]))[Symbol.dispose]()
  const [name = ''] = await readdir(directory)
  expect((await stat(join(directory, name))).mode & 0o077).toBe(0)
  await cache.close()
  expect(await readdir(directory)).toEqual([])
})

test('what a killed process left is deleted at the next start, and nothing of a running one', async () => {
  const ended = spawnSync(process.execPath, ['-e', '']).pid
  const names = [ended, process.pid].map((pid) => `forge-writer-cache-${ownerMark(pid)}-abcdef`)
  for (const name of [...names, 'forge-writer-cache-other']) await mkdir(join(directory, name))
  const cache = cacheOf()
  using _lease = await cache.lease([remote('a')])
  const [gone = '', alive = ''] = names
  await expect.poll(() => existsSync(join(directory, gone))).toBe(false)
  expect(existsSync(join(directory, alive))).toBe(true)
  expect(existsSync(join(directory, 'forge-writer-cache-other'))).toBe(true)
  await cache.close()
})

test('options that are not valid are all named', () => {
  expect(() => fileCache({ maxBytes: -1, directory: '' })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION', context: { problems: [expect.anything(), expect.anything()] } }),
  )
})
