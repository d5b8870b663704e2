import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { expect, test } from 'vitest'
import { loadSnapshot } from '../src/log/load-snapshot.ts'
import { localStore } from '../src/store/local-store.ts'
import { field, handMadeTable, metaData, PLAIN } from './hand-made-table.ts'

test('a commit that a listing leaves out while later ones are made is not missing', async () => {
  const path = await mkdtemp(join(tmpdir(), 'delta-'))
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
  await rm(path, { recursive: true, force: true })
})
