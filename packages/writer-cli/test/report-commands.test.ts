// @module-tag many-calls
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { type CliOptions, runCli } from './run-cli.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const run = (argv: readonly string[], options: Partial<CliOptions> = {}) => runCli(argv, { cwd, ...options })

async function record(): Promise<void> {
  const rows = ['shop', 'web'].flatMap((pipeline, at) =>
    [28, 29].map((day) => ({
      run_id: `${pipeline}-${day}`,
      pipeline_id: pipeline,
      phase: 'gold',
      step_name: 'load',
      start_time: `2026-11-${day}T06:00:00Z`,
      end_time: `2026-11-${day}T06:0${at + 1}:00Z`,
      duration_secs: 60 * (at + 1),
      rows_processed: 1000,
      success: !(pipeline === 'shop' && day === 29),
      error_message: pipeline === 'shop' && day === 29 ? 'secret table is locked' : null,
    })),
  )
  const stdin = rows.map((row) => JSON.stringify(row)).join('\n')
  expect(await run(['ingest', '-', '-f', 'ndjson'], { stdin })).toMatchObject({ code: 0, stderr: '' })
}

const read = (name: string) => readFile(join(cwd, name), 'utf8')

test('report writes one whole file that others may read, and replaces it', async () => {
  await record()
  for (const title of ['First', 'Second']) {
    const { code, stdout } = await run(['report', '-o', 'out/report.html', '--title', title, '--json'])
    expect(code).toBe(0)
    const { bytes, path } = JSON.parse(stdout) as { bytes: number; path: string }
    expect(path).toBe(join(cwd, 'out/report.html'))
    const file = await stat(path)
    expect([file.size, file.mode & 0o777]).toEqual([bytes, 0o644])
    expect(await read('out/report.html')).toContain(`<title>${title}</title>`)
  }
  expect(await readdir(join(cwd, 'out'))).toEqual(['report.html'])
  expect(await read('out/report.html')).toContain('secret table is locked')
})

test('report has the run, the pipelines and the format that are asked for', async () => {
  await record()
  const html = async (...argv: readonly string[]) => {
    const { code, stdout } = await run(['report', '-o', '-', ...argv])
    expect(code).toBe(0)
    return stdout
  }
  expect(await html()).toContain('1 of 2 pipelines failed')
  expect(await html('--last')).toContain('run shop-29')
  expect(await run(['report', '-o', '-', '--run', 'shop-2'])).toMatchObject({ code: 2, stdout: '' })
})

test('report takes the beginning of an id, a glob, redaction, and Markdown', async () => {
  await record()
  const out = async (...argv: readonly string[]) => (await run(['report', '-o', '-', ...argv])).stdout
  expect(await out('--run', 'shop-29')).toContain('id="/r/shop-29"')
  const web = await out('--pipeline', 'w*')
  expect(web).toContain('id="/p/web"')
  expect(web).not.toContain('id="/p/shop"')
  expect(await out('--redact-errors')).not.toContain('secret table')
  expect(await out('-f', 'markdown')).toMatch(/^## Pipelines\n\n\*\*1 of 2 pipelines failed\*\*/)
  expect(JSON.parse(await out('-f', 'json'))).toMatchObject({
    schemaVersion: 1,
    pipelines: { pipelines: { length: 2 } },
  })
  expect((await run(['report', '-o', 'summary.md'])).code).toBe(0)
  expect(await read('summary.md')).toContain('| ❌ shop |')
})

test('report of a table that does not exist says what to run', async () => {
  await record()
  expect((await run(['report', '-o', '-', '--table', 'other'])).stdout).toContain('forge-writer ingest')
})

test.each([[['report', '--last', '--run', 'x']], [['report', '--open', '-o', '-']], [['report', '--days', '0']]])(
  '%j is a usage error',
  async (argv) => {
    expect(await run(argv)).toMatchObject({ code: 2, stdout: '' })
  },
)

test('badge writes the state of the pipelines', async () => {
  await record()
  expect((await run(['badge'])).stdout).toContain('1 of 2 failing')
  expect((await run(['badge', '--pipeline', 'web', '--svg', 'web.svg'])).code).toBe(0)
  expect(await read('web.svg')).toContain('web: passing')
})
