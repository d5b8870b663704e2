import { join } from 'node:path'
import { createWriter } from '@forge/writer'
import { deltaStorage } from '@forge/writer-storage-delta'
import type { Settings } from './open-logs.ts'

/** Opens a writer like `openLogs`, except that `analytics.pipeline_logs` is a Delta table in the folder `lake`. */
export function openLake(directory: string, settings: Settings = {}) {
  return createWriter({
    storage: deltaStorage({ path: join(directory, 'lake') }),
    tableSchema: 'analytics',
    tableName: 'pipeline_logs',
    ...settings,
  })
}
