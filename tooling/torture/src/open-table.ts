import {
  batchFromRows,
  type ColumnDefinition,
  type LogBatch,
  type LogTable,
  type StorageBackend,
} from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { s3StoresAt } from '@forge/writer-store-s3'
import type { KeyRange, StorageName } from './operation.ts'

const TABLE = { schema: 'torture', name: 'rows' }

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'prefix', type: 'string', nullable: false },
  { name: 'key', type: 'int64', nullable: false },
  { name: 'value', type: 'int64', nullable: false },
  { name: 'filler', type: 'string', nullable: true },
]

const DELTA_OPTIONS = { maxCommitAttempts: 200, tableProperties: { 'delta.checkpointInterval': '7' } }
/** The time after which a request to the object store counts as lost. */
const ANSWER_MS = 2_000

/** Opens the storage at a place, with default settings, except those that make faults more likely. The environment names an object store. */
export function openStorage(storage: StorageName, path: string): StorageBackend {
  if (storage === 'duckdb') return duckdbStorage({ path: databasePath(path), idleMs: 20, lockTimeoutMs: 120_000 })
  if (storage === 'delta') return deltaStorage({ path, ...DELTA_OPTIONS })
  return deltaStorage({ stores: s3StoresAt(path, { credentials: newKeys, timeoutMs: ANSWER_MS }), ...DELTA_OPTIONS })
}

/** Returns keys as a service does that renews them. */
async function newKeys() {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env
  return { accessKeyId, secretAccessKey }
}

export function openTable(backend: StorageBackend): Promise<LogTable> {
  return backend.openTable(TABLE, { columns: COLUMNS })
}

/** The DuckDB file in a folder of the torture. */
export function databasePath(folder: string): string {
  return `${folder}/torture.duckdb`
}

/** Rows of a range as a batch. Every fifth has a text, so that small and large batches differ. */
export function batchOf(prefix: string, { from, to, value }: KeyRange): LogBatch {
  return batchFromRows(
    COLUMNS,
    Array.from({ length: to - from }, (_none, index) => ({
      prefix,
      key: from + index,
      value,
      filler: index % 5 === 0 ? `filler ${prefix} ${from + index} ${'x'.repeat(index % 80)}` : null,
    })),
  )
}
