import { join } from 'node:path'
import { createWriter } from '@forge/writer'

export type Settings = Omit<Parameters<typeof createWriter>[0], 'path' | 'tableSchema' | 'tableName'>

/** Opens the writer of most examples: the table `analytics.pipeline_logs` in `logs.duckdb` of the folder. */
export function openLogs(directory: string, settings: Settings = {}) {
  return createWriter({
    path: join(directory, 'logs.duckdb'),
    tableSchema: 'analytics',
    tableName: 'pipeline_logs',
    ...settings,
  })
}
