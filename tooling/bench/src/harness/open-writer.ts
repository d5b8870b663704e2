import { createLogWriter, type LogWriter, type WriterConfigInput, writerConfig } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

export type DuckdbOptions = Parameters<typeof duckdbStorage>[0]

/** A writer into `analytics.pipeline_logs` of a DuckDB file. Closing it closes the storage. */
export function openWriter(storage: DuckdbOptions, settings: Partial<WriterConfigInput> = {}): Promise<LogWriter> {
  return createLogWriter({
    storage: duckdbStorage(storage),
    config: writerConfig({ tableSchema: 'analytics', tableName: 'pipeline_logs', ...settings }),
  })
}
