import { join } from 'node:path'
import { samplesDirectory, simulatedYear } from '@forge/fixtures'
import {
  createLogWriter,
  type LogRowInput,
  type StorageBackend,
  type TableSource,
  type WriteHook,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { findInputs, ingestConfig, ingestFile } from '@forge/writer-ingest'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { buildReport, type ReportModel, type ReportOptions, renderReport } from '../src/index.ts'
import { type Ask, type Kind, openSql } from './plain-sql.ts'

export const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' }

/** A report, and plain SQL on the files of its log. */
export interface Subject {
  readonly model: ReportModel
  readonly html: string
  readonly now: Date
  readonly ask: Ask
  close(): Promise<void>
}

export interface Setting {
  readonly now: Date
  readonly days: number
  /** The other tables of the log that SQL asks. */
  readonly suffixes?: readonly string[]
  readonly hooks?: () => readonly WriteHook[]
  readonly config: Parameters<typeof createLogWriter>[0]['config']
  readonly fill: (source: Awaited<ReturnType<typeof createLogWriter>>) => Promise<void>
}

const YEAR: Setting = {
  now: new Date('2024-12-30T12:00:00Z'),
  days: 30,
  config: CONFIG,
  async fill(writer) {
    const rows: Iterable<LogRowInput> = simulatedYear({ pipelines: 50, steps: 4 }).rows
    await writer.writeLogRows(rows)
  },
}

const SAMPLES: Setting = {
  now: new Date('2024-12-17T18:00:00Z'),
  days: 3650,
  config: { ...CONFIG, ...ingestConfig },
  async fill(writer) {
    for (const { path } of await findInputs([samplesDirectory])) await ingestFile(writer, path)
  },
}

/** The logs on which every figure is compared. */
export const SUBJECTS = [
  ['a simulated year of 50 pipelines on DuckDB', 'duckdb', YEAR],
  ['a simulated year of 50 pipelines on Delta', 'delta', YEAR],
  ['the samples on DuckDB', 'duckdb', SAMPLES],
  ['the samples on Delta', 'delta', SAMPLES],
] as const

/** Fills a log, makes its report, and opens its files for SQL. */
export async function openSubject(
  kind: Kind,
  { now, days, config, fill, suffixes = [], hooks = () => [] }: Setting,
  options: ReportOptions = {},
): Promise<Subject> {
  const directory = newFolder()
  const path = join(directory, kind === 'duckdb' ? 'logs.duckdb' : 'lake')
  const storage: StorageBackend = kind === 'duckdb' ? duckdbStorage({ path }) : deltaStorage({ path })
  const writer = await createLogWriter({ storage, config, hooks: hooks(), now: () => now })
  await fill(writer)
  const source: TableSource = writer
  const model = await buildReport(source, { now: () => now, days, ...options })
  if (kind === 'duckdb') {
    await writer.close()
    await storage.close()
  }
  const sql = await openSql(kind, path, suffixes)
  return {
    model,
    html: renderReport(model),
    now,
    ask: sql.ask,
    async close() {
      sql.close()
      await writer.close()
      await storage.close()
    },
  }
}
