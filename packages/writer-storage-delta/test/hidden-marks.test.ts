import { batchFromRows, batchRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'text', type: 'string', nullable: true }]

test.each(['\ufeffx', '\ufeff', '\ufeff\u{1f600}'])(
  'text that starts with a byte order mark is found again: %j',
  async (text) => {
    const path = newFolder()
    const storage = deltaStorage({ path })
    const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
    await table.append(batchFromRows(COLUMNS, [{ text }]), { batchId: 'a' })
    await table.append(batchFromRows(COLUMNS, [{ text: 'other' }]), { batchId: 'b' })
    const find = async () => {
      const found: unknown[] = []
      const where = {
        op: 'compare',
        operator: '=',
        left: { kind: 'column', name: 'text' },
        right: { kind: 'literal', value: text },
      } as const
      for await (const batch of table.scan({ where })) for (const row of batchRows(batch)) found.push(row.text)
      return found
    }
    expect(await find()).toEqual([text])
    await table.optimize()
    expect(await find()).toEqual([text])
    await storage.close()
  },
)
