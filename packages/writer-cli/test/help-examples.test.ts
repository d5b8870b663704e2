// @module-tag many-calls
import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { samplePath } from '@forge/fixtures'
import { startS3Server } from '@forge/fixtures/s3'
import { saveAnomalies } from '@forge/writer-anomaly'
import { createLogWriter, type LogRowInput } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { qualityGate } from '@forge/writer-quality'
import { range } from '@forge/writer-quality/rules'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { COMMANDS } from '../src/commands/registry.ts'
import { runCli } from './run-cli.ts'

/** A folder with all that the examples name: files, runs, a config, and programs that stand for those of other teams. */
const prepared = newFolder()
const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 10, 30, 12)

const CONFIG = {
  retention: { keepDays: 30 },
  alerts: [{ kind: 'command', to: 'true' }],
  serviceLevels: [{ pipeline: 'shop', maxDurationSecs: 600 }],
  environments: { prod: { batchSize: 500 } },
}

function pastRow(run: string, pipeline: string, days: number, more: LogRowInput = {}): LogRowInput {
  const start = new Date(NOW_MS - days * DAY_MS)
  return {
    run_id: run,
    pipeline_id: pipeline,
    phase: 'gold',
    step_name: 'load',
    start_time: start,
    run_started_at: start,
    duration_secs: 100 + (days % 7),
    rows_processed: 1000,
    metadata: { user: 'ada', email: 'ada@example.com', tags: ['nightly'], owner: 'ana' },
    ...more,
  }
}

const ROWS: readonly LogRowInput[] = [
  ...Array.from({ length: 40 }, (_none, day) => pastRow(`shop-${day}`, 'shop', day + 3)),
  pastRow('run-41', 'orders', 2),
  pastRow('run-42', 'orders', 1, { success: false, error_message: 'broken' }),
  pastRow('3f2a9c', 'etl_sales', 1),
  ...[2, 0.5].flatMap((days, at) => [
    pastRow(`nightly-${6 + at}`, 'nightly', days),
    pastRow(`nightly-${6 + at}`, 'nightly', days, { phase: 'pipeline', step_name: 'nightly' }),
  ]),
]

/** The store of the examples on S3, which are left out if it cannot be installed. */
const store = await startS3Server(['company-logs'])
const hasStore = !('reason' in store)

beforeAll(async () => {
  for (const [name, value] of Object.entries(hasStore ? store.env : {})) vi.stubEnv(name, value)
  const file = (name: string, text: string) => writeFile(join(prepared, name), text)
  for (const folder of ['target', 'logs', 'programs']) await mkdir(join(prepared, folder))
  await cp(samplePath('dbt', 'build'), join(prepared, 'target'), { recursive: true })
  await file('logs/rows.ndjson', ROWS.map((row) => JSON.stringify(row)).join('\n'))
  await file('rows.csv', 'run_id,phase,step_name\nr,gold,a\n')
  await file('rules.yaml', '- duration_secs >= 0\n')
  await file('forge-writer.config.json', JSON.stringify(CONFIG))
  await file('token', 'a-token-of-more-than-32-characters-for-the-server')
  await file('Makefile', 'nightly:\n\t@true\n')
  for (const name of ['load.py', 'analyse.py']) await file(name, 'import sys\nsys.stdin.buffer.read()\n')
  const programs = {
    dbt: 'exit 0',
    publish: 'exit 0',
    python: 'exec python3 "$@"',
    'forge-writer': `exec "${process.execPath}" "${BIN}" "$@"`,
  }
  for (const [name, line] of Object.entries(programs)) await program(`programs/${name}`, line)
  await program('sync.sh', 'exit 0')
  await writeLog()
  await runCli(['convert', '--to', 'lake', '--to-storage', 'delta'], { cwd: prepared })
  await cp(join(prepared, 'lake/analytics/pipeline_logs'), join(prepared, 'lake/sales/orders'), { recursive: true })
  if (hasStore) await runCli(['convert', '--to', 's3://company-logs/lake'], { cwd: prepared })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  if (hasStore) await store[Symbol.asyncDispose]()
})

async function program(name: string, line: string): Promise<void> {
  await writeFile(join(prepared, name), `#!/bin/sh\n${line}\n`)
  await chmod(join(prepared, name), 0o755)
}

async function writeLog(): Promise<void> {
  const writer = await createLogWriter({
    storage: duckdbStorage({ path: join(prepared, 'logs.duckdb') }),
    config: { tableSchema: 'analytics', tableName: 'pipeline_logs' },
    hooks: [qualityGate({ policy: 'quarantine', rules: [range('duration_secs', { max: 1000 })] })],
    now: () => new Date(NOW_MS),
  })
  await writer.writeLogRows(ROWS)
  await writer.writeLogRows([pastRow('late', 'orders', 1, { duration_secs: 5000 })], { batchId: 'b1' })
  await saveAnomalies(writer, [
    {
      id: '3f2a000000000000',
      type: 'duration_spike',
      detector: 'duration',
      severity: 'warning',
      description: 'load took longer than usual',
      score: 9,
      value: 5000,
      expected: 100,
      lower: 90,
      upper: 110,
      metric: 'duration_secs',
      pipeline: 'orders',
      phase: 'gold',
      step: 'load',
      runId: 'run-42',
      occurredAt: new Date(NOW_MS - DAY_MS).toISOString(),
      detectedAt: new Date(NOW_MS).toISOString(),
      deviation: { absolute: 4900, relative: 49, robustZ: 9 },
      baseline: { n: 40, from: null, to: null, seasonality: 'none', status: 'ready' },
    },
  ])
  await writer.close()
}

const NEEDS_SHELL = /[|<>*]|&&|\$/
/** What goes on until it is interrupted. */
const ENDLESS = /^(?:watch|serve)\b/

describe.each(COMMANDS.map(({ name, load }) => ({ name, load })))('the help of $name', ({ load }) => {
  test('has only examples that work', async () => {
    const { examples } = await load()
    for (const { command } of examples) {
      if (!hasStore && command.includes('s3://')) continue
      const cwd = newFolder()
      await cp(prepared, cwd, { recursive: true })
      if (command.startsWith('convert --to lake ')) await rm(join(cwd, 'lake'), { recursive: true })
      const { code, stderr } = await runExample(command, cwd)
      // 3 is the verdict of a check, and 130 the end of what goes on until it is interrupted.
      const expected = ENDLESS.test(command) ? [130] : [0, 3]
      expect(expected, `forge-writer ${command}: exit code ${code}\n${stderr}`).toContain(code)
      expect(stderr, command).not.toMatch(/^error/m)
    }
  })
})

function runExample(command: string, cwd: string): Promise<{ readonly code: number | null; readonly stderr: string }> {
  if (ENDLESS.test(command))
    return runCli(wordsOf(command.replace(/ \|.*$/, '')), { cwd, signal: AbortSignal.timeout(1500) })
  const isRecord = command.startsWith('record ')
  if (!isRecord && !NEEDS_SHELL.test(command)) return runCli(wordsOf(command), { cwd })
  const env = {
    ...process.env,
    PATH: [join(cwd, 'programs'), process.env.PATH].join(delimiter),
    GITHUB_STEP_SUMMARY: join(cwd, 'summary.md'),
    HOME: cwd,
  }
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', `forge-writer ${command}`], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString()
    })
    child.once('close', (code) => resolve({ code, stderr }))
  })
}

/** Returns the words of a command line as a shell would read it. */
function wordsOf(command: string): string[] {
  const words = command.match(/(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? []
  return words.map((word) =>
    word.replaceAll(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
      (_all, double?: string, single?: string) => double ?? single ?? '',
    ),
  )
}
