import { join } from 'node:path'
import { batchRows, createLogWriter, type LogWriter, memoryStorage, type Row } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { runIdentity } from '../src/command/run-identity.ts'
import { ownIdentity } from '../src/process/host-identity.ts'
import type { SpoolEntry } from '../src/spool/entry.ts'
import { spoolPath, writeSpoolFile } from '../src/spool/spool-file.ts'

const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
/** A process that does not exist: ids end before it. */
export const NOBODY = 2 ** 22 + 1

export const STORAGES = {
  memory: () => memoryStorage(),
  duckdb: () => duckdbStorage({ path: join(newFolder(), 'logs.duckdb') }),
  delta: () => deltaStorage({ path: join(newFolder(), 'lake') }),
}

export function openWriter(kind: keyof typeof STORAGES = 'memory'): Promise<LogWriter> {
  return createLogWriter({ storage: STORAGES[kind](), config: CONFIG })
}

export function makeEntry(change: Partial<SpoolEntry> = {}): SpoolEntry {
  return {
    version: 1,
    state: 'running',
    identity: runIdentity({ command: ['load'], pipelineId: 'orders' }, {}),
    startedAt: '2026-11-30T10:00:00.000Z',
    owner: { ...ownIdentity(), pid: NOBODY, start: '1' },
    command: 'load',
    attempts: [],
    ...change,
  }
}

export const endEntry = (change: Partial<SpoolEntry['attempts'][number]> = {}): Partial<SpoolEntry> => ({
  state: 'ended',
  attempts: [
    {
      number: 1,
      startedAt: '2026-11-30T10:00:00.000Z',
      endedAt: '2026-11-30T10:00:05.000Z',
      durationSecs: 5,
      status: 'success',
      exitCode: 0,
      ...change,
    },
  ],
})

/** Writes an entry into a folder and returns the path of its file. */
export function spool(folder: string, entry: SpoolEntry): string {
  const path = spoolPath(folder, entry)
  writeSpoolFile(path, entry)
  return path
}

/** Returns all rows with their metadata as an object. */
export async function rowsOf(writer: LogWriter): Promise<(Row & { readonly metadata: Metadata })[]> {
  const table = await writer.table()
  if (!(await table.info()).exists) return []
  const rows: Row[] = []
  for await (const batch of table.scan({ orderBy: [{ column: 'start_time' }] })) rows.push(...batchRows(batch))
  return rows.map((row) => ({ ...row, metadata: JSON.parse(String(row.metadata)) }))
}

// biome-ignore lint/suspicious/noExplicitAny: tests read any field of the metadata
type Metadata = any
