import { join } from 'node:path'
import { monthOfRuns } from './month-of-runs.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Data Export": exports rows of a phase as JSON, successful ones as CSV, and all as Parquet. */
export async function main(directory: string, open: typeof openLogs = openLogs) {
  await using writer = await open(directory)
  await writer.writeLogRows(monthOfRuns(30))

  const json = await writer.exportAnalyticsData({
    format: 'json',
    limit: 1000,
    filters: { phase: 'bronze' },
    path: join(directory, 'exports/bronze.json'),
  })
  if (json.exportSuccessful) {
    console.log('JSON export completed')
    console.log(`Records exported: ${json.recordsExported}`)
    console.log(`Export size: ${json.exportSizeMb} MB`)
    console.log(`Export path: ${json.exportPath}`)
  }
  const csv = await writer.exportAnalyticsData({
    format: 'csv',
    limit: 5000,
    filters: { success: true },
    path: join(directory, 'exports/succeeded.csv'),
  })
  const parquet = await writer.exportAnalyticsData({
    format: 'parquet',
    limit: 10_000,
    path: join(directory, 'exports/logs.parquet'),
  })
  return { json, csv, parquet }
}
