// @module-tag processes
import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { manyRows } from './log-rows.ts'

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test.skipIf(process.platform === 'win32')(
  'only the owner may read what is made, in a folder that everybody may read (skipped on Windows)',
  async () => {
    const folder = newFolder()
    chmodSync(folder, 0o755)
    const path = join(folder, 'made', 'log.duckdb')
    const storage = duckdbStorage({ path, idleMs: 600_000 })
    try {
      const table = await storage.openTable({ schema: 's', name: 't' })
      await table.append(manyRows(3), { batchId: 'a' })
      // The first commit of a table ends with a checkpoint, which removes the log.
      await table.append(manyRows(3), { batchId: 'a2' })
      expect(modeOf(join(folder, 'made'))).toBe('700')
      for (const file of [path, `${path}.wal`, `${path}.mark`]) expect([file, modeOf(file)]).toEqual([file, '600'])
      // The system gives a new log the inode of the one before, which a checkpoint removed.
      for (let round = 0; round < 10; round++) {
        const other = await storage.openTable({ schema: 's', name: `t${round}` })
        for (const batchId of ['b', 'c']) await other.append(manyRows(1), { batchId: `${batchId}${round}` })
        expect([round, modeOf(`${path}.wal`)]).toEqual([round, '600'])
      }
      await table.vacuum({})
      expect(modeOf(path)).toBe('600')
      // Whoever shares the file shares its write-ahead log.
      chmodSync(path, 0o640)
      await table.append(manyRows(3), { batchId: 'b' })
      expect(modeOf(`${path}.wal`)).toBe('640')
      await table.vacuum({})
      expect(modeOf(path)).toBe('640')
    } finally {
      await storage.close()
    }
  },
)
