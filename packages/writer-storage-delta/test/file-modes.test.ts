import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { expect, test } from 'vitest'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'day', type: 'string', nullable: true },
]

test.skipIf(process.platform === 'win32')(
  'only the owner may read a new table; files of a shared one are shared (skipped on Windows)',
  async () => {
    const folder = newFolder()
    chmodSync(folder, 0o755)
    const storage = deltaStorage({ path: join(folder, 'lake') })
    const table = join(folder, 'lake/s/t')
    const modes = () =>
      new Map(
        readdirSync(table, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => [
            join(parentPath, name),
            (statSync(join(parentPath, name)).mode & 0o777).toString(8),
          ]),
      )
    // A few rows are a file of this process, many are files of the engine.
    const append = async (rows: number, batchId: string) => {
      const opened = await storage.openTable(
        { schema: 's', name: 't' },
        { columns: COLUMNS, partitionColumns: ['day'] },
      )
      const list = Array.from({ length: rows }, (_none, id) => ({ id, day: `d${id % 2}` }))
      await opened.append(batchFromRows(COLUMNS, list), { batchId })
      await opened.checkpoint()
    }
    try {
      await append(3, 'a')
      await append(5000, 'b')
      for (const made of ['lake', 'lake/s', 'lake/s/t', 'lake/s/t/_delta_log'])
        expect((statSync(join(folder, made)).mode & 0o777).toString(8)).toBe('700')
      const before = modes()
      expect(before.size).toBeGreaterThan(6)
      expect([...new Set(before.values())]).toEqual(['600'])
      await storage.close()
      for (const shared of [table, join(table, '_delta_log')]) chmodSync(shared, 0o755)
      const again = deltaStorage({ path: join(folder, 'lake') })
      const opened = await again.openTable({ schema: 's', name: 't' })
      await opened.append(batchFromRows(COLUMNS, [{ id: 1, day: 'd0' }]), { batchId: 'c' })
      await again.close()
      const added = [...modes()].filter(([file]) => !before.has(file))
      expect(added.map(([, mode]) => mode)).toEqual(['644', '644'])
    } finally {
      await storage.close()
    }
  },
)
