import { join } from 'node:path'
import { realisticRows } from '@forge/fixtures'
import { openLogs } from './open-logs.ts'

/** Guide, "Performance Configuration": `maxFileSizeMb` splits a Parquet export of a DuckDB table into files of that size. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { maxFileSizeMb: 1 })
  await writer.writeLogRows(realisticRows(150_000, { uniqueIds: true }))
  const exportedFiles = async (name: string) => {
    const table = await writer.table()
    const exported = await table.exportTo?.({ path: join(directory, name), format: 'parquet' })
    return exported?.paths.length
  }
  const small = await exportedFiles('small')
  writer.configure({ maxFileSizeMb: 256 })
  return { small, large: await exportedFiles('large') }
}
