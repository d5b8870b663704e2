// @module-tag processes
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { APPEND_BATCHES, appendArguments, ensureBuilt, runChild } from './children/built.ts'
import { freshPath, LOGS } from './log-rows.ts'

ensureBuilt()

test('each write of another process changes the mark, and readers do not', async () => {
  const path = freshPath()
  const storage = duckdbStorage({ path })
  const marks = [await storage.changeMark()]
  for (let at = 0; at < 5; at++) {
    const job = { path, acknowledged: `${path}.ids`, prefix: `p${at}`, batches: 1, rows: 1 }
    expect((await runChild([APPEND_BATCHES, ...appendArguments(job)])).code).toBe(0)
    marks.push(await storage.changeMark())
    await (await storage.openTable(LOGS)).info()
    expect(await storage.changeMark()).toBe(marks.at(-1))
  }
  expect(new Set(marks).size).toBe(marks.length)
  await storage.close()
})
