import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition, type LogBatch } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { expect, test } from 'vitest'
import { deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]

test('new rows are in small row groups, compacted ones in row groups of the size that the engine chooses', async () => {
  const path = newFolder()
  const storage = deltaStorage({ path })
  const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
  for (const first of [0, 200_000]) await table.append(rows(first, 200_000), { batchId: `from ${first}` })
  const files = join(path, 's/t/*.parquet')
  const written = await groupRows(files)
  expect(Math.max(...written)).toBeLessThan(45_000)
  await table.optimize()
  await table.vacuum({ retentionHours: 0, allowShortRetention: true })
  const compacted = await groupRows(files)
  expect(Math.max(...compacted)).toBeGreaterThan(50_000)
  expect(sum(compacted)).toBe(sum(written))
  await storage.close()
})

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

function rows(first: number, count: number): LogBatch {
  return batchFromRows(
    COLUMNS,
    Array.from({ length: count }, (_none, at) => ({ id: first + at, text: `row ${at % 1000}` })),
  )
}

/** Returns the number of rows in each row group of the files. */
async function groupRows(files: string): Promise<number[]> {
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const groups = await session.rows(
    `select distinct file_name, row_group_id, row_group_num_rows as n from parquet_metadata('${files}')`,
  )
  session.close()
  engine.close()
  return groups.map(({ n }) => Number(n))
}
