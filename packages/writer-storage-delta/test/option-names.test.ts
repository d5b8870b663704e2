import { newFolder } from '@forge/writer-core/testing'
import { type DeltaTable, deltaStorage } from '@forge/writer-storage-delta'
import { expect, test } from 'vitest'

test.each<[string, (table: DeltaTable, wrong: object) => Promise<unknown>]>([
  ['vacuum', (table, wrong) => table.vacuum({ mode: 'lite', ...wrong })],
  ['explain', (table, wrong) => table.explain({ ...wrong })],
])('%s refuses an option that it does not have', async (_name, call) => {
  const storage = deltaStorage({ path: newFolder() })
  const table = await storage.openTable({ schema: 's', name: 't' })
  await expect(call(table, { allow_short_retention: true })).rejects.toMatchObject({
    code: 'CONFIGURATION',
    committed: 'no',
    context: { problems: [expect.objectContaining({ setting: 'allow_short_retention' })] },
  })
  await storage.close()
})
