// @module-tag many-calls
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
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

/** Puts a program with the name of the opener of a desktop first; it writes its arguments to a file. */
async function fakeOpener(script: string): Promise<Record<string, string>> {
  await mkdir(join(cwd, 'bin'))
  await writeFile(join(cwd, 'bin', 'xdg-open'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { PATH: `${join(cwd, 'bin')}:${process.env.PATH}`, OPENED: join(cwd, 'opened') }
}

describe.skipIf(process.platform !== 'linux')('report --open (skipped if the desktop opens files otherwise)', () => {
  const writes = 'printf "%s\\n" "$#" "$1" > "$OPENED.part" && mv "$OPENED.part" "$OPENED"'

  test('opens the file by the desktop, without a shell', async () => {
    await record()
    const env = { ...(await fakeOpener(writes)), DISPLAY: ':99' }
    const name = 'a b $(touch hacked);`touch hacked` &.html'
    expect(await run(['report', '-o', name, '--open'], { env })).toMatchObject({ code: 0, stderr: '' })
    expect(await read('opened')).toBe(`1\n${join(cwd, name)}\n`)
    expect(await readdir(cwd)).not.toContain('hacked')
  })

  test.each([
    ['without a desktop', {}],
    ['over SSH', { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22', SSH_TTY: '/dev/pts/1' }],
  ])('%s it says what to open, and starts nothing', async (_name, session) => {
    await record()
    const env = { ...(await fakeOpener(writes)), ...session }
    const { code, stdout, stderr } = await run(['report', '-o', 'a b.html', '--open', '--json'], { env })
    expect({ code, path: JSON.parse(stdout).path }).toEqual({ code: 0, path: join(cwd, 'a b.html') })
    expect(stderr).toContain(`${pathToFileURL(join(cwd, 'a b.html'))}`)
    expect(await readdir(cwd)).not.toContain('opened')
  })

  test('a desktop that cannot open it is a warning with what to open', async () => {
    await record()
    const env = { ...(await fakeOpener('exit 3')), DISPLAY: ':99' }
    const { code, stderr } = await run(['report', '--open'], { env })
    expect(code).toBe(0)
    expect(stderr).toContain(`${pathToFileURL(join(cwd, 'report.html'))}`)
    const none = await run(['report', '--open'], { env: { PATH: join(cwd, 'nothing'), DISPLAY: ':99' } })
    expect(none).toMatchObject({ code: 0, stderr: expect.stringContaining('file://') })
  })
})

test('report prints HTML, Markdown or JSON to standard output, and nothing else there', async () => {
  await record()
  const print = (...argv: readonly string[]) => run(['report', '-o', '-', ...argv])
  expect((await print()).stdout).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/)
  expect((await print('-f', 'markdown', '--time-zone', 'Europe/Berlin')).stdout).toMatch(
    /^## Pipelines\n[\s\S]*as of 2026-11-30 13:00 Europe\/Berlin/,
  )
  for (const argv of [['--json'], ['-f', 'json']]) {
    const model = JSON.parse((await print(...argv)).stdout)
    expect(model).toMatchObject({ schemaVersion: 1, about: { runs: 30 }, pipelines: { pipelines: { length: 2 } } })
  }
  expect(await print('--json', '-f', 'html')).toMatchObject({ code: 2, stdout: '' })
  expect(JSON.parse((await run(['badge', '--json'])).stdout)).toMatchObject({ svg: expect.stringMatching(/^<svg/) })
  expect((await readdir(cwd)).filter((name) => !name.startsWith('logs.duckdb'))).toEqual([])
})

test('report has as many runs in strips and grids as asked', async () => {
  await record()
  const model = JSON.parse((await run(['report', '-o', '-', '--json', '--runs', '1'])).stdout)
  expect(model.pipelines.pipelines.map(({ strip }: { strip: unknown[] }) => strip.length)).toEqual([1, 1])
  expect(model.pipelinePages.map(({ grid }: { grid: { runs: unknown[] } }) => grid.runs.length)).toEqual([1, 1])
  const { stdout } = await run(['report', '-o', '-', '--runs', '90'])
  expect(stdout).toContain('Last 90 runs')
  expect(stdout).toContain('forge-writer report --days 30 --runs 90 -o -')
  expect((await run(['report', '--runs', '91'])).code).toBe(2)
})

test('report and run view show the end of the output that record keeps, and --redact-errors leaves it out', async () => {
  const lines = Array.from({ length: 60 }, (_none, at) => `line ${at} <b>\u001b[31m`)
  const output = { stderr: { bytes: 900_000, head: 'x', cut_bytes: 1, tail: lines.join('\n') } }
  const row = { run_id: 'r', pipeline_id: 'p', phase: 'pipeline', step_name: 'p', start_time: '2026-11-29T06:00:00Z' }
  const stdin = JSON.stringify({ ...row, end_time: '2026-11-29T06:10:00Z', success: false, metadata: { output } })
  expect(await run(['ingest', '-', '-f', 'ndjson'], { stdin })).toMatchObject({ code: 0, stderr: '' })
  const { stdout } = await run(['run', 'view', 'r'])
  expect(stdout).toContain('line 59 <b>\\x1b[31m')
  expect(stdout).not.toContain('line 39 ')
  expect(JSON.parse((await run(['run', 'view', 'r', '--json'])).stdout).outputs).toMatchObject([
    { stream: 'stderr', bytes: 900_000, tail: lines.join('\n') },
  ])
  const html = (await run(['report', '-o', '-'])).stdout
  expect(html).toContain('line 59 &lt;b&gt;\\x1b[31m')
  for (const format of ['html', 'json', 'markdown']) {
    expect((await run(['report', '-o', '-', '-f', format, '--redact-errors'])).stdout).not.toContain('line 59')
  }
})
