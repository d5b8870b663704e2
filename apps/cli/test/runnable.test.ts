// @module-tag processes
import { type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { samplesDirectory } from '@forge/fixtures'
import { newFolder } from '@forge/writer-core/testing'
import { beforeAll, describe, expect, test } from 'vitest'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const runnable = join(dist, 'forge-writer.cjs')
const isBuilt = existsSync(runnable)

const cwd = newFolder()
beforeAll(async () => {
  await cp(join(samplesDirectory, 'dbt'), join(cwd, 'dbt'), { recursive: true })
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(argv: readonly string[], options: SpawnOptions = {}) {
  const env = { ...process.env, XDG_CONFIG_HOME: cwd, NO_COLOR: '' }
  const child = spawn(process.execPath, [runnable, ...argv], { cwd, env, ...options })
  const ended = new Promise<Ended>((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (data: Buffer) => {
      stdout += data.toString('utf8')
    })
    child.stderr?.on('data', (data: Buffer) => {
      stderr += data.toString('utf8')
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, ended }
}

const run = (argv: readonly string[]) => start(argv).ended

describe.skipIf(!isBuilt)('the runnable (skipped if it is not built: npx turbo run build)', () => {
  test('prints its version and help', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stderr: '' })
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('ingest')
  })

  test('loads neither zod nor an engine for the help', async () => {
    const loaded = await filesLoadedBy(['--help'])
    expect(loaded.join('\n')).toMatch(/forge-writer\.js/)
    for (const file of loaded) {
      expect(file).not.toMatch(/duckdb/)
      expect(await readFile(file, 'utf8')).not.toContain('ZodError')
    }
  })

  test('records and reads in processes of their own', async () => {
    expect(await run(['ingest', 'dbt'])).toMatchObject({ code: 0, stderr: '' })
    const { code, stdout } = await run(['summary', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ totalExecutions: 7, totalSteps: 235 })
  })

  test('a reader that goes away is the end of the work, and no error', async () => {
    const { child, ended } = start(['query', '--limit', '1000', '--json', '--stream'])
    child.stdout?.once('data', () => child.stdout?.destroy())
    const { code, stderr } = await ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('a reader that goes away leaves no copy of the log behind', async () => {
    const temporary = join(cwd, 'temporary')
    await mkdir(temporary)
    const env = { ...process.env, XDG_CONFIG_HOME: cwd, TMPDIR: temporary }
    const { child, ended } = start(['export', '-o', '-', '-f', 'csv'], { env })
    child.stdout?.once('data', () => child.stdout?.destroy())
    await ended
    // The folder of the user stays for the next command, empty.
    expect((await readdir(temporary, { recursive: true })).filter((name) => name.includes('/'))).toEqual([])
  })

  test('messages that nobody reads do not stop the work', async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => `{"run_id":"r","phase":"gold","step_name":"s${at}"}\nnothing`)
    await writeFile(join(cwd, 'half.ndjson'), rows.join('\n'))
    const { child, ended } = start(['ingest', 'half.ndjson', '--path', 'half.duckdb', '--json'])
    child.stderr?.destroy()
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ written: 5000, rejected: 5000 })
  })

  test.skipIf(!existsSync('/dev/full'))(
    'standard output that is full is one line of error (skipped: no /dev/full)',
    async () => {
      const full = openSync('/dev/full', 'w')
      const { code, stderr } = await start(['query', '--json'], { stdio: ['ignore', full, 'pipe'] }).ended
      closeSync(full)
      expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: cannot write to standard output (ENOSPC)\n' })
    },
  )

  test('Ctrl-C ends with 130, and what was written before is whole', async () => {
    const rows = Array.from({ length: 200_000 }, (_, at) => `{"run_id":"r","phase":"gold","step_name":"s${at}"}`)
    await writeFile(join(cwd, 'many.ndjson'), rows.join('\n'))
    const { child, ended } = start(['ingest', 'many.ndjson', '--path', 'many.duckdb'])
    while (child.exitCode === null && !(await readdir(cwd)).includes('many.duckdb')) await new Promise(setImmediate)
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    const { stdout } = await run(['info', '--path', 'many.duckdb', '--json'])
    const { rowCount } = JSON.parse(stdout) as { rowCount: number }
    expect(rowCount % 10_000).toBe(0)
    expect(rowCount).toBeLessThan(200_000)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s exits with %d even while standard input is silent', async (signal, code) => {
    const { child, ended } = start(['ingest', '-', '-f', 'ndjson', '--path', 'waiting.duckdb', '--rejects', signal])
    // A reject is reported immediately, so the command is working by then.
    child.stdin?.write('nothing\n'.repeat(20_000))
    await new Promise((resolve) => child.stderr?.once('data', resolve))
    child.kill(signal)
    expect((await ended).code).toBe(code)
  })

  test('errors go to standard error', async () => {
    const { code, stdout, stderr } = await run(['show', '--path', 'nothing.duckdb'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/error TABLE.*nothing\.duckdb/)
  })
})

/** Files of the runnable, and of packages, that a command line opens. */
async function filesLoadedBy(argv: readonly string[]): Promise<string[]> {
  const hook = join(cwd, 'loaded.mjs')
  const log = join(cwd, 'loaded.txt')
  await writeFile(
    hook,
    `import { register } from 'node:module'
     register('data:text/javascript,' + encodeURIComponent(\`
       import { appendFileSync } from 'node:fs'
       export async function load(url, context, next) {
         if (url.startsWith('file:')) appendFileSync(${JSON.stringify(log)}, url + '\\\\n')
         return next(url, context)
       }\`))`,
  )
  const child = spawn(process.execPath, ['--import', hook, runnable, ...argv], { cwd, stdio: 'ignore' })
  await new Promise((resolve) => child.on('close', resolve))
  const urls = (await readFile(log, 'utf8')).trim().split('\n')
  return [...new Set(urls.map((url) => fileURLToPath(url)))].filter((file) => file !== hook)
}
