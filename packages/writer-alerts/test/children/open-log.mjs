import { memoryStorage, tableSource } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

const STORAGES = { duckdb: duckdbStorage, delta: deltaStorage, memory: memoryStorage }

export const CONFIG = { tableSchema: 'analytics', tableName: 'log' }

export function openLog(kind, path) {
  const storage = STORAGES[kind]({ path })
  return { storage, source: tableSource({ storage, config: CONFIG }) }
}

export function makeAlert(id) {
  return {
    id,
    kind: 'failure',
    severity: 'error',
    title: `failed: ${id}`,
    text: 'no route to host',
    tableFqn: 'analytics.log',
    pipeline: 'orders',
    step: null,
    runId: id,
    occurredAt: new Date().toISOString(),
  }
}
