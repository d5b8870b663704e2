import { join } from 'node:path'
import { realisticRows } from '@forge/fixtures'
import { openLogs } from './open-logs.ts'

/** Guide, "Performance Configuration": `maxFileSizeMb` cuts a Parquet export of a DuckDB table into files of that size. */
export async function main(directory: string) {
  return { small: await exportedFiles(`${directory}/small`, 1), large: await exportedFiles(`${directory}/large`, 256) }
}

async function exportedFiles(directory: string, maxFileSizeMb: number): Promise<number> {
  await using writer = await openLogs(directory, { maxFileSizeMb })
  await writer.writeLogRows(realisticRows(200_000, { uniqueIds: true }))
  const table = await writer.table()
  const exported = await table.exportTo?.({ path: join(directory, 'export'), format: 'parquet' })
  return exported?.paths.length ?? 0
}
