// @module-tag processes
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { link, open } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogWriter, type LogRowInput } from '@forge/writer-core'
import { makeRow, newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeAll, describe, expect, test } from 'vitest'
import { bin } from './record-process.ts'
import { runCli } from './run-cli.ts'

const isUnix = process.platform !== 'win32'
const SECRET = 'what another user keeps'

let cwd = ''
beforeAll(async () => {
  cwd = newFolder()
  const writer = await createLogWriter({
    storage: duckdbStorage({ path: join(cwd, 'logs.duckdb') }),
    config: { tableSchema: 'analytics', tableName: 'pipeline_logs' },
  })
  const rows: readonly LogRowInput[] = Array.from({ length: 60 }, (_none, at) =>
    makeRow({ run_id: `r${at}`, start_time: new Date(Date.UTC(2026, 10, 1 + (at % 28))), rows_processed: 100 }),
  )
  await writer.writeLogRows(rows)
  await writer.close()
})

/** The commands that write a file, each of which replaces one. */
const COMMANDS: readonly (readonly [string, (file: string) => readonly string[]])[] = [
  ['report', (file) => ['report', '-f', 'html', '-o', file]],
  ['badge', (file) => ['badge', '-o', file]],
  ['export to CSV', (file) => ['export', '-f', 'csv', '--overwrite', '-o', file]],
  ['export to Parquet', (file) => ['export', '-f', 'parquet', '--overwrite', '-o', file]],
  ['suggest', (file) => ['suggest', '--force', '-o', file]],
  ['check', (file) => ['check', '--junit', file]],
]

describe.each(COMMANDS)('%s', (name, argvOf) => {
  const place = (kind: string) => join(cwd, `${name}-${kind}`.replaceAll(' ', '-'))

  test.skipIf(!isUnix)('follows no link that was planted at the name of its file (skipped on Windows)', async () => {
    const victim = place('victim')
    writeFileSync(victim, SECRET)
    symlinkSync(victim, place('link'))
    symlinkSync(place('nothing'), place('dead-link'))
    for (const file of [place('link'), place('dead-link')]) {
      const { code, stderr } = await runCli(argvOf(file), { cwd })
      expect(code).toBeGreaterThan(0)
      expect(stderr).toContain('symbolic link')
      expect(lstatSync(file).isSymbolicLink()).toBe(true)
    }
    expect(readFileSync(victim, 'utf8')).toBe(SECRET)
    expect(existsSync(place('nothing'))).toBe(false)
  })

  test.skipIf(!isUnix)(
    'leaves the content of a file with two names under the other name (skipped on Windows)',
    async () => {
      writeFileSync(place('other-name'), SECRET)
      await link(place('other-name'), place('hard'))
      expect((await runCli(argvOf(place('hard')), { cwd })).code).toBeOneOf([0, 3])
      expect(readFileSync(place('other-name'), 'utf8')).toBe(SECRET)
      expect(readFileSync(place('hard')).length).toBeGreaterThan(SECRET.length)
    },
  )

  test.skipIf(!isUnix)('writes into a named pipe and leaves it there (skipped on Windows)', async () => {
    const pipe = place('pipe')
    execFileSync('mkfifo', [pipe])
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] })
    const closed = once(reader, 'close')
    let bytes = 0
    reader.stdout.on('data', (data: Buffer) => {
      bytes += data.length
    })
    expect((await runCli(argvOf(pipe), { cwd })).code).toBeOneOf([0, 3])
    await closed
    expect(bytes).toBeGreaterThan(100)
    expect(statSync(pipe).isFIFO()).toBe(true)
  })

  test.skipIf(!isUnix || process.getuid?.() !== 0)(
    'writes into a device and never replaces it (skipped if the user cannot make one)',
    async () => {
      const device = place('null')
      execFileSync('mknod', [device, 'c', '1', '3'])
      expect((await runCli(argvOf(device), { cwd })).code).toBeOneOf([0, 3])
      expect(statSync(device).isCharacterDevice()).toBe(true)
    },
  )

  test('refuses an address that no storage serves', async () => {
    const { code, stderr } = await runCli(argvOf('s3://bucket/file'), { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('s3:')
    expect(existsSync(join(cwd, 's3:'))).toBe(false)
  })
})

test.skipIf(!existsSync(bin) || !isUnix)(
  '/dev/stdout is standard output, also behind what a file already holds (skipped if it is not built)',
  async () => {
    for (const [at, argv] of [
      ['badge', '-o', '/dev/stdout'],
      ['export', '-f', 'csv', '-o', '/dev/stdout'],
      ['report', '-f', 'markdown', '-o', '/dev/stdout'],
    ].entries()) {
      const path = join(cwd, `stdout-${at}`)
      writeFileSync(path, 'before\n')
      await using file = await open(path, 'a')
      const child = spawn(process.execPath, [bin, ...argv], { cwd, stdio: ['ignore', file.fd, 'inherit'] })
      const [code] = await once(child, 'exit')
      expect(code).toBe(0)
      const text = readFileSync(path, 'utf8')
      expect(text.startsWith('before\n')).toBe(true)
      expect(text.length).toBeGreaterThan(100)
      expect(text).not.toContain('/dev/stdout\n')
    }
  },
)
