// @module-tag processes
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogWriter, type StorageBackend } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeEach, describe, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const isRoot = process.getuid?.() === 0
// Root may enter every folder, so the commands run as somebody else.
const [USER, GROUP] = [12345, 12345]
const canRun = existsSync(bin) && process.platform === 'linux'

let cwd = ''

beforeEach(async () => {
  cwd = newFolder()
  chmodSync(cwd, 0o755)
  if (isRoot) chownSync(cwd, USER, GROUP)
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command as a user who is not root. */
function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...argv], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    encoding: 'utf8',
    ...(isRoot && { uid: USER, gid: GROUP }),
  })
  return { code: status, stdout, stderr }
}

/** A folder that only its owner, somebody else, may enter. */
function closedFolder(name: string): string {
  const path = join(cwd, name)
  mkdirSync(path, { recursive: true })
  return path
}

function close(path: string): void {
  if (isRoot) chownSync(path, 0, 0)
  chmodSync(path, isRoot ? 0o700 : 0o000)
}

async function record(storage: StorageBackend): Promise<void> {
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
  const writer = await createLogWriter({ storage, config })
  await writer.writeLogRows([{ run_id: 'r', phase: 'gold', step_name: 'load' }])
  await writer.close()
}

function writeRows(path: string): void {
  writeFileSync(path, '{"run_id":"r1","phase":"gold","step_name":"load"}\n', { mode: 0o644 })
}

describe.skipIf(!canRun)('as a user with few rights (needs the built command, on Linux)', () => {
  test.each([
    ['duckdb', 'logs.duckdb', (path: string) => duckdbStorage({ path })],
    ['delta', 'lake', (path: string) => deltaStorage({ path })],
  ])(
    'a %s log behind a folder that may not be entered is not taken for one that is not there',
    async (kind, name, open) => {
      const folder = closedFolder('locked')
      await record(open(join(folder, name)))
      close(folder)
      for (const command of ['show', 'summary', 'check', 'info']) {
        const { code, stderr } = run([command, '--path', join(folder, name), '--storage', kind])
        expect({ command, code }).toEqual({ command, code: 1 })
        expect(stderr).toContain('error TABLE')
        expect(stderr).toContain('permission denied')
        expect(stderr).not.toContain('no log found')
      }
      chmodSync(folder, 0o700)
    },
  )

  test('a schema of Delta tables that may not be entered is not healthy, and no table is missing from a list', async () => {
    const lake = join(cwd, 'lake')
    await record(deltaStorage({ path: lake }))
    close(join(lake, 'analytics'))
    for (const command of ['show', 'doctor']) {
      const { code, stderr } = run([command, '--path', lake, '--storage', 'delta'])
      expect({ command, code }).toEqual({ command, code: 1 })
      expect(stderr).toContain('error TABLE')
    }
    chmodSync(join(lake, 'analytics'), 0o700)
  })

  test('a folder of inputs that may not be read fails, and the others are recorded', () => {
    const inputs = closedFolder('inputs')
    writeRows(join(inputs, 'rows.ndjson'))
    const inner = closedFolder('inputs/locked')
    writeRows(join(inner, 'more.ndjson'))
    close(inner)
    const { code, stderr } = run(['ingest', 'inputs', '--path', 'logs.duckdb', '--json'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('permission denied')
    expect(run(['query', '--path', 'logs.duckdb', '--json']).stdout).toContain('r1')
    chmodSync(inner, 0o700)
  })

  test('a config folder that may not be entered is passed over with a warning, and one that is named is an error', () => {
    const folder = closedFolder('locked/forge-writer')
    const file = join(folder, 'forge-writer.config.json')
    writeFileSync(file, '{}')
    close(join(cwd, 'locked'))
    const passed = run(['config'], { XDG_CONFIG_HOME: join(cwd, 'locked') })
    expect(passed.code).toBe(0)
    expect(passed.stderr).toContain('permission denied')
    const named = run(['config', '--config', file])
    expect(named.code).toBe(1)
    expect(named.stderr).toContain('permission denied')
    chmodSync(join(cwd, 'locked'), 0o700)
  })

  test('a user without a home, a name and a temporary folder can record, judge and export', () => {
    writeRows(join(cwd, 'rows.ndjson'))
    const env = { TMPDIR: '/proc' }
    for (const [storage, path] of [
      ['duckdb', 'logs.duckdb'],
      ['delta', 'lake'],
    ] as const) {
      const where = ['--path', path, '--storage', storage]
      expect(run(['ingest', 'rows.ndjson', ...where], env)).toMatchObject({ code: 0 })
      expect(run(['check', ...where], env)).toMatchObject({ code: 0 })
      for (const format of ['ndjson', 'parquet']) {
        const exported = run(['export', '-o', '-', '-f', format, ...where], env)
        expect({ storage, format, code: exported.code, stderr: exported.stderr }).toMatchObject({ code: 0, stderr: '' })
        expect(exported.stdout.length).toBeGreaterThan(0)
      }
      expect(run(['export', '-o', 'rows.parquet', '--overwrite', ...where], env)).toMatchObject({ code: 0 })
    }
  })
})
