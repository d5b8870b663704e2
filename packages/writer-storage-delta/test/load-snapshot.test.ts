import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { expect, test } from 'vitest'
import { checksumDeltaTable } from '../src/index.ts'
import { loadSnapshot } from '../src/log/load-snapshot.ts'
import { localStore } from '../src/store/local-store.ts'
import { add, field, handMadeTable, metaData, PLAIN, remove } from './hand-made-table.ts'

test('a commit that a listing leaves out during later commits does not count as missing', async () => {
  const path = newFolder()
  const table = handMadeTable(path)
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')]))
  const left = await table.commit(1, { txn: { appId: 'a', version: 1 } })
  await table.commit(2, { txn: { appId: 'b', version: 1 } })
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const local = localStore(path)
  let listings = 0
  const store = {
    ...local,
    async listPaths(prefix: string) {
      const paths = await local.listPaths(prefix)
      return ++listings > 2 ? paths : paths.filter((each) => !left.endsWith(each))
    },
  }
  expect(await loadSnapshot(store, session)).toMatchObject({ version: 2 })
  expect(listings).toBe(3)
  await rm(left)
  await expect(loadSnapshot(store, session)).rejects.toMatchObject({ code: 'TABLE', context: { missing: 1 } })
  session.close()
  engine.close()
})

test('the first of two actions on the same file in a compaction counts', async () => {
  const path = newFolder()
  const table = handMadeTable(path)
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')]), add('a'), { txn: { appId: 'x', version: 1 } })
  const newestFirst = [remove('a'), add('c'), { txn: { appId: 'x', version: 3 } }, remove('b'), add('b'), remove('c')]
  const lines = [...newestFirst, { txn: { appId: 'x', version: 2 } }].map((action) => JSON.stringify(action))
  const name = `${'1'.padStart(20, '0')}.${'3'.padStart(20, '0')}.compacted.json`
  await writeFile(join(path, '_delta_log', name), lines.join('\n'))
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const snapshot = await loadSnapshot(localStore(path), session, 0)
  expect([...(snapshot?.state().files.keys() ?? [])]).toEqual(['a'])
  await table.commit(4, add('d'))
  const newest = await loadSnapshot(localStore(path), session)
  expect([...(newest?.state().files.keys() ?? [])]).toEqual(['c', 'd'])
  expect(newest?.transaction('x')?.version).toBe(3)
  session.close()
  engine.close()
})

test('metadata without a schema or partition columns counts as empty', async () => {
  const path = newFolder()
  const table = handMadeTable(path)
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  await table.commit(0, { protocol: PLAIN }, metaData([field('id')], { partitionColumns: undefined }))
  const snapshot = await loadSnapshot(localStore(path), session)
  expect(snapshot?.metadata.partitionColumns).toEqual([])
  await table.commit(1, metaData([field('id')], { schemaString: undefined }))
  expect(await checksumDeltaTable(path)).toMatchObject({ version: 1, rows: 0 })
  session.close()
  engine.close()
})
