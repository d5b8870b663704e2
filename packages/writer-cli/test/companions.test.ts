// @module-tag many-calls
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogWriter, type LogRowInput, type StorageBackend } from '@forge/writer-core'
import { COMPANIONS } from '@forge/writer-core/storage'
import { newFolder } from '@forge/writer-core/testing'
import { qualityGate } from '@forge/writer-quality'
import { range } from '@forge/writer-quality/rules'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeEach, describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.parse('2026-11-30T12:00:00Z')

/** The pipelines and their runs, whose ids have the length of the pipeline's name. */
const VICTIM = /victim_flow|(run|held|bad)-11\b/
const OTHER = /other_flow|(run|held|bad)-10\b/

let cwd = ''

beforeEach(() => {
  cwd = newFolder()
})

const STORAGES: readonly (readonly [string, string, string, (path: string) => StorageBackend])[] = [
  ['duckdb', 'log.duckdb', 'delta', (path) => duckdbStorage({ path })],
  ['delta', 'lake', 'duckdb', (path) => deltaStorage({ path })],
]

describe.each(STORAGES)('a log in %s', (kind, name, other, open) => {
  const run = (argv: readonly string[]) => runCli(argv, { cwd })

  async function json(argv: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout, stderr } = await run([...argv, '--json'])
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout) as Record<string, unknown>
  }

  function daily(pipeline_id: string, last: LogRowInput): LogRowInput[] {
    return Array.from({ length: 30 }, (_none, at): LogRowInput => {
      const start_time = new Date(NOW_MS - (30 - at) * DAY_MS)
      const row = {
        run_id: `run-${pipeline_id.length}-${at}`,
        pipeline_id,
        phase: 'gold',
        step_name: 'load',
        start_time,
      } as const
      return { ...row, rows_processed: 1000 + (at % 7), duration_secs: 60 + (at % 3), ...(at === 29 && last) }
    })
  }

  /** Fills the log and every table that the packages keep next to it, for two pipelines. */
  async function fill(): Promise<void> {
    const config = {
      path: name,
      storage: kind,
      logDataQualityResults: true,
      alerts: [{ kind: 'command', to: 'true', on: ['failure', 'anomaly'] }],
    }
    await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify(config))
    const gate = qualityGate({ rules: [range('duration_secs', { max: 3600 })], policy: 'quarantine' })
    const settings = { tableSchema: 'analytics', tableName: 'pipeline_logs', logDataQualityResults: true }
    const now = () => new Date(NOW_MS)
    const writer = await createLogWriter({ storage: open(join(cwd, name)), config: settings, hooks: [gate], now })
    for (const pipeline of ['victim_flow', 'other_flow']) {
      await writer.writeLogRows(daily(pipeline, { rows_processed: 0, duration_secs: 900 }))
      await writer.writeLogRows([{ ...daily(pipeline, {})[0], run_id: `held-${pipeline.length}`, duration_secs: 9000 }])
    }
    await writer.close()
    const failures = ['victim_flow', 'other_flow'].map((pipeline_id) => {
      const row = { run_id: `bad-${pipeline_id.length}`, pipeline_id, phase: 'gold', step_name: 'load', success: false }
      return JSON.stringify({ ...row, error_message: `${pipeline_id} broke`, start_time: new Date(NOW_MS - DAY_MS) })
    })
    for (const [at, line] of failures.entries()) {
      await writeFile(join(cwd, `bad-${at}.ndjson`), `${line}\n`)
      expect(await run(['ingest', `bad-${at}.ndjson`])).toMatchObject({ stderr: '' })
    }
    const starts = ['victim_flow', 'other_flow'].map((pipeline, at) => {
      const run = { runId: `0197a000-0000-7000-8000-00000000000${at}` }
      const event = { eventType: 'START', eventTime: '2026-11-30T11:00:00Z', run, producer: 'https://example.com/p' }
      const schemaURL = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent'
      return JSON.stringify({ ...event, schemaURL, job: { namespace: 'n', name: pipeline }, inputs: [], outputs: [] })
    })
    await writeFile(join(cwd, 'events.ndjson'), `${starts.join('\n')}\n`)
    expect(await run(['ingest', 'events.ndjson'])).toMatchObject({ code: 0 })
    await run(['anomalies', '--since', '10d'])
    for (const pipeline of ['victim_flow', 'other_flow']) {
      await run(['feedback', 'maintenance', '--from', '2026-11-01', '--to', '2026-11-02', '--pipeline', pipeline])
    }
  }

  /** Rows of each table, and how many of them say a pattern. */
  async function rowsBy(pattern: RegExp): Promise<Record<string, { rows: number; saying: number }>> {
    const found: Record<string, { rows: number; saying: number }> = {}
    for (const table of ['pipeline_logs', ...COMPANIONS.map(({ suffix }) => `pipeline_logs_${suffix}`)]) {
      const { stdout } = await run(['query', '--table', table, '--json', '--limit', '10000'])
      const rows = stdout === '' ? [] : (JSON.parse(stdout) as { rows: object[] }).rows
      found[table] = { rows: rows.length, saying: rows.filter((row) => pattern.test(JSON.stringify(row))).length }
    }
    return found
  }

  test('is erased of a pipeline with all that is kept next to it, and nothing else goes', async () => {
    await fill()
    const before = await rowsBy(VICTIM)
    const others = await rowsBy(OTHER)
    for (const [table, { saying }] of Object.entries(before))
      expect({ table, isThere: saying > 0 }).toEqual({ table, isThere: true })
    const counted = await json(['erase', '--pipeline', 'victim_flow', '--dry-run'])
    const result = await json(['erase', '--pipeline', 'victim_flow', '--yes'])
    expect(result, JSON.stringify(result.proof)).toMatchObject({
      rowsErased: counted.rowsErased,
      proof: { isProven: true, rowsLeft: 0, rowsMentioning: 0 },
    })
    const after = await rowsBy(VICTIM)
    const left = await rowsBy(OTHER)
    for (const [table, { rows, saying }] of Object.entries(after)) {
      expect({ table, saying }).toEqual({ table, saying: 0 })
      expect({ table, others: left[table]?.saying }).toEqual({ table, others: others[table]?.saying })
      expect({ table, gone: (before[table]?.rows ?? 0) - rows > 0 }).toEqual({ table, gone: true })
    }
  })

  test('is converted with all that is kept next to it, with figures', async () => {
    await fill()
    const before = await rowsBy(OTHER)
    const result = await json(['convert', '--to', 'target', '--to-storage', other])
    const figures = Object.fromEntries(
      (result.tables as { table: string; rows: number }[]).map(({ table, rows }) => [table.split('.')[1], rows]),
    )
    expect(figures).toEqual(Object.fromEntries(Object.entries(before).map(([table, { rows }]) => [table, rows])))
    for (const [table, rows] of Object.entries(figures)) {
      const where = ['--path', 'target', '--storage', other, '--table', table]
      const copied = await json(['query', ...where, '--limit', '10000'])
      expect({ table, rows: (copied.rows as unknown[]).length }).toEqual({ table, rows })
    }
    const again = await run(['convert', '--to', 'target', '--to-storage', other])
    expect(again).toMatchObject({ code: 1 })
  })
})
