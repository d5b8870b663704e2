// @module-tag many-calls
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { LONG_HOOK_MS } from '@forge/fixtures'
import { newFolder } from '@forge/writer-core/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../src/commands/registry.ts'
import { runCli } from './run-cli.ts'

const LAST_MS = Date.UTC(2026, 10, 30, 6)
const OWNERS = { invoices: 'ana', clicks: 'bo' } as const
const RUNS = { invoices: 60, clicks: 70 } as const
const WHERE = {
  duckdb: [],
  delta: ['--storage', 'delta', '--path', 'lake'],
} as const satisfies Record<string, readonly string[]>

/** Two pipelines of two owners; of each, one run was slow and the last one failed. Only the rows of whole runs name the owner. */
function rows(): object[] {
  return (['invoices', 'clicks'] as const).flatMap((pipeline) =>
    Array.from({ length: RUNS[pipeline] }, (_none, index) => {
      const owner = OWNERS[pipeline]
      const daysAgo = RUNS[pipeline] - 1 - index
      const start = new Date(LAST_MS - daysAgo * 86_400_000).toISOString()
      const isLast = daysAgo === 0
      const row = {
        run_id: `${pipeline}-${index}`,
        pipeline_id: pipeline,
        start_time: start,
        run_started_at: start,
        duration_secs: daysAgo === 2 ? 412 : 118 + ((index * 31) % 7),
        rows_processed: 20_000 + ((index * 37) % 11) * 50,
        success: !isLast,
        error_message: isLast ? `${pipeline} is broken` : null,
      }
      return [
        { ...row, phase: 'gold', step_name: `load_${pipeline}` },
        { ...row, phase: 'pipeline', step_name: pipeline, metadata: { owner, tags: [`${owner}-tag`] } },
      ]
    }).flat(),
  )
}

const cwd = newFolder()
const run = (argv: readonly string[]) => runCli(argv, { cwd })

beforeAll(async () => {
  const lines = rows().map((row) => JSON.stringify(row))
  await writeFile(join(cwd, 'rows.ndjson'), lines.join('\n'))
  for (const where of Object.values(WHERE)) {
    const { code, stderr } = await run(['ingest', 'rows.ndjson', ...where])
    if (code !== 0) throw new Error(stderr)
  }
}, LONG_HOOK_MS)

const COMMAND_LINES: readonly (readonly string[])[] = [
  ['show', '-n', '500'],
  ['query', '-n', '500'],
  ['runs'],
  ['pipelines'],
  ['status'],
  ['run', 'view'],
  ['why'],
  ['compare', '--last'],
  ['summary'],
  ['trends'],
  ['sla', '--max-duration', '200'],
  ['anomalies', '--dry-run', '--all'],
  ['report', '-f', 'markdown', '-o', '-'],
  ['report', '-o', '-'],
  ['badge'],
  ['export', '-o', '-', '-f', 'ndjson'],
  ['profile', '--top', '5'],
  ['check'],
]

describe.each(Object.entries(WHERE))('on %s', (_name, where) => {
  test.each(COMMAND_LINES.map((line) => [line.join(' '), line] as const))(
    '%s shows what belongs to an owner or has a tag, and nothing else',
    async (_text, line) => {
      for (const filter of [
        ['--owner', 'ana'],
        ['--tag', 'ana-tag'],
      ]) {
        const { stdout, stderr } = await run([...line, ...filter, ...where])
        expect({ stderr, hasOther: /clicks|bo-tag/.test(stdout), isEmpty: stdout === '' }).toMatchObject({
          hasOther: false,
          isEmpty: false,
        })
        const { stdout: other } = await run([...line, '--owner', 'bo', ...where])
        expect(/invoices|ana-tag/.test(other)).toBe(false)
        expect(other === stdout).toBe(line.includes('badge'))
      }
    },
  )

  test('anomalies judges the runs of one owner by their own history', async () => {
    const judge = async (...filter: readonly string[]) => {
      const { stdout } = await run(['anomalies', '--dry-run', '--json', ...filter, ...where])
      const { anomalies } = JSON.parse(stdout) as { anomalies: { pipeline: string; type: string; runId: string }[] }
      return new Set(anomalies.map(({ pipeline }) => pipeline))
    }
    expect(await judge()).toEqual(new Set(['invoices', 'clicks']))
    expect(await judge('--owner', 'ana')).toEqual(new Set(['invoices']))
    expect(await judge('--tag', 'bo-tag')).toEqual(new Set(['clicks']))
    expect(await judge('--tag', 'bo-tag', '--owner', 'ana')).toEqual(new Set())
    expect(await judge('--owner', 'ana', '--pipeline', 'clicks')).toEqual(new Set())
  })

  test('backtest and suggest learn only from the rows of an owner, of a tag, or of pipelines that match a glob', async () => {
    const rowsOf = async (command: string, filter: readonly string[]) => {
      const { stdout } = await run([command, '--json', ...filter, ...where])
      return (JSON.parse(stdout) as { rows: number }).rows
    }
    for (const command of ['backtest', 'suggest']) {
      const read = [['--owner', 'ana'], ['--tag', 'bo-tag'], ['--pipeline', 'cl*'], []].map((filter) =>
        rowsOf(command, filter),
      )
      expect({ command, rows: await Promise.all(read) }).toEqual({ command, rows: [120, 140, 140, 260] })
    }
  })
})

test('evaluate raises alerts only about the chosen pipelines, and about the others later', async () => {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await writeFile(join(cwd, 'alerts.json'), JSON.stringify({ alerts: [{ kind: 'webhook', to }] }))
  const alerts = async (...filter: readonly string[]) => {
    const { stdout, stderr } = await run(['evaluate', '--config', 'alerts.json', '--json', ...filter])
    if (stdout === '') throw new Error(stderr)
    return (JSON.parse(stdout) as { raised: { failures: number; anomalies: number } }).raised
  }
  const own = await alerts('--owner', 'ana')
  expect(own.failures).toBe(1)
  expect(await alerts('--tag', 'ana-tag')).toMatchObject({ failures: 0, anomalies: 0 })
  expect(await alerts('--pipeline', 'click*')).toMatchObject({ failures: 1 })
  expect(await alerts()).toMatchObject({ failures: 0, anomalies: 0 })
  const { stdout } = await run(['alerts', 'list', '--state', 'all', '--json'])
  expect(stdout).toContain('invoices')
  expect(stdout).toContain('clicks')
  server.closeAllConnections()
  server.close()
})

/** Commands whose option `pipeline` does not choose rows. */
const OTHER_PIPELINES = ['ingest', 'feedback']

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  '%s takes owner and tag if it takes a pipeline to choose rows by',
  async (name, command) => {
    const { options } = await command.load()
    if (!('pipeline' in options) || OTHER_PIPELINES.includes(name)) return
    expect(Object.keys(options)).toEqual(expect.arrayContaining(['owner', 'tag']))
  },
)

test('a report of an owner says so', async () => {
  await run(['report', '--owner', 'ana', '-o', 'owned.html'])
  expect(await readFile(join(cwd, 'owned.html'), 'utf8')).toContain('owner ana')
})

test.each([
  'backtest',
  'show',
  'suggest',
  'query',
  'anomalies',
  'check',
  'profile',
  'runs',
  'trends',
  'summary',
  'status',
  'report',
])('%s refuses a pipeline that the log does not have, and names the nearest', async (command) => {
  const { code, stdout, stderr } = await runCli([command, '--pipeline', 'invoice'], { cwd })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('invoices')
})
