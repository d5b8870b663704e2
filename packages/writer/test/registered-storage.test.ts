import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createWriter } from '@forge/writer'
import { type LoadStorage, memoryStorage, openStorageAt, registerStorage } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'

const settings = { tableSchema: 'analytics', tableName: 'pipeline_logs' }

test('a registered scheme is opened by createWriter, and its package is loaded then', async () => {
  const storage = memoryStorage()
  const opened: string[] = []
  let loads = 0
  registerStorage('acme', async () => {
    loads++
    return {
      async storageAt(address) {
        opened.push(address)
        return storage
      },
    }
  })
  expect(loads).toBe(0)
  const writer = await createWriter({ path: 'acme://host/log', ...settings })
  await writer.writeLogRows([{ run_id: 'r', phase: 'gold', step_name: 's' }])
  expect((await writer.showLogs()).map(({ run_id }) => run_id)).toEqual(['r'])
  await writer.close()
  expect([loads, opened]).toEqual([1, ['acme://host/log']])
})

test('the last function that was registered for a scheme counts, also for a scheme of this project', async () => {
  const [first, second] = [memoryStorage(), memoryStorage()]
  for (const storage of [first, second]) registerStorage('again', async () => ({ storageAt: () => storage }))
  expect(await openStorageAt('again://x')).toBe(second)
  registerStorage('s3a', async () => ({ storageAt: () => first }))
  expect(await openStorageAt('S3A://bucket/x')).toBe(first)
})

test.each(['', 'a', 'Acme', 'acme://', '9x', 'file'])('the scheme %j is refused', (scheme) => {
  const register = () => registerStorage(scheme, async () => ({ storageAt: () => memoryStorage() }))
  expect(register).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
})

test('a package that is not loaded by a function is refused', () => {
  const register = () => Reflect.apply(registerStorage, undefined, ['acme', 'acme-storage'])
  expect(register).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION',
      context: expect.objectContaining({ problems: [expect.objectContaining({ setting: 'load' })] }),
    }),
  )
})

test.each(['logs.duckdb', '/data/lake'])('a path such as %s is not an address', async (path) => {
  await expect(openStorageAt(path)).rejects.toMatchObject({
    code: 'CONFIGURATION',
    context: { problems: [{ setting: 'address' }] },
  })
})

test('an address of this project says which package it needs if nobody passes it', async () => {
  await expect(openStorageAt('postgres://u:hunter2@h/db')).rejects.toMatchObject({
    code: 'CONFIGURATION',
    context: { scheme: 'postgres', packageName: '@forge/writer-storage-postgres' },
  })
  await expect(openStorageAt('acme2://u:hunter2@h/db')).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await expect(openStorageAt('acme2://u:hunter2@h/db')).rejects.not.toThrow(/hunter2/)
})

test('an address whose package is not installed says which one to install', async () => {
  const name = '@forge/writer-storage-spark'
  // The error of Node itself, from a folder in which nothing is installed.
  const file = join(newFolder(), 'import.mjs')
  await writeFile(file, `export const load = () => import('${name}')`)
  const { load } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { load: LoadStorage }
  await expect(openStorageAt('sc://h:15002/;token=hunter2', { [name]: load })).rejects.toMatchObject({
    code: 'CONFIGURATION',
    context: { scheme: 'sc', packageName: name },
    suggestions: [`Install ${name}.`],
  })
})
