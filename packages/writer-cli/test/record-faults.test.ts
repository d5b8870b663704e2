// @module-tag processes
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogWriter } from '@forge/writer-core'
import { acquireLock, deadlineIn } from '@forge/writer-core/lock'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeEach, describe, expect, test } from 'vitest'
import { bin, CONFIG, canRecord, logRows, record, startProcess, startRecord } from './record-process.ts'
import { runCli } from './run-cli.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const COMMAND = ['--', 'sh', '-c', 'echo out; exit 7']
const isRoot = process.getuid?.() === 0
const canMount = isRoot && process.platform === 'linux' && spawnSync('mount', ['--version']).status === 0

/** The command ran as if there were no recorder, and one message says that it is not stored. */
function expectUntouched({
  code,
  stdout,
  stderr,
}: {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}): void {
  expect({ code, stdout }).toEqual({ code: 7, stdout: 'out\n' })
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/^forge-writer: the run is not stored \(.+\) and (waits in|is lost)/),
  ])
}

/** Creates a folder that everybody may enter and only root may write to. */
function closedFolder(): string {
  const folder = join(cwd, 'closed')
  mkdirSync(folder)
  for (const each of [folder, cwd]) chmodSync(each, 0o755)
  return folder
}

/** Records the command as a user without rights, whose home is `state`. */
async function recordAsOther(path: string) {
  const state = join(cwd, 'state')
  mkdirSync(state)
  chownSync(state, 12_345, 12_345)
  const other = ['--reuid', '12345', '--regid', '12345', '--clear-groups']
  const args = [...other, process.execPath, bin, 'record', '--path', path, ...COMMAND]
  const env = { HOME: state, XDG_STATE_HOME: state, XDG_CONFIG_HOME: state }
  return { state, ended: await startProcess('setpriv', args, { cwd: '/', env }).ended }
}

/** Returns the rows that are stored once a user with rights has asked for them. */
async function storedAt(path: string, state: string): Promise<{ pipeline_id: string; success: boolean }[]> {
  const shown = await runCli(['query', '--json', '--path', path], { cwd, env: { XDG_STATE_HOME: state } })
  return JSON.parse(shown.stdout).rows
}

describe.skipIf(!canRecord)(
  'record and a log that cannot be written (skipped if it is not built, or not on Linux)',
  () => {
    test('a database that another process holds delays the exit by --record-timeout at most, and the next command stores the run', async () => {
      const path = join(cwd, 'logs.duckdb')
      const holder = await createLogWriter({ storage: duckdbStorage({ path }), config: CONFIG })
      await holder.writeLogRows([{ run_id: 'r', phase: 'gold', step_name: 'load' }])
      await holder.close()
      const lock = await acquireLock(await lockKey(path), { deadline: deadlineIn(1000) })
      const startedMs = performance.now()
      expectUntouched(await record(['--record-timeout', '500ms', ...COMMAND], { cwd }))
      expect(performance.now() - startedMs).toBeLessThan(60_000)
      await lock.release()
      const shown = await runCli(['query', '--json', '--order', 'start_time', '-c', 'pipeline_id,success'], {
        cwd,
        env: { XDG_STATE_HOME: join(cwd, 'state') },
      })
      expect(shown.stderr).toBe('')
      expect(JSON.parse(shown.stdout).rows).toContainEqual({ pipeline_id: 'sh', success: false })
      expect(readdirSync(cwd)).not.toContain('logs.duckdb.spool')
    })

    test('a file that is not a database is not touched', async () => {
      writeFileSync(join(cwd, 'logs.duckdb'), 'this is not a database')
      expectUntouched(await record(COMMAND, { cwd }))
      expect(statSync(join(cwd, 'logs.duckdb')).size).toBe(22)
      await rm(join(cwd, 'logs.duckdb'))
      expect(await logRows(cwd)).toHaveLength(1)
    })

    test('a database in a folder that does not exist yet is created', async () => {
      const { code, stderr } = await record(['--path', 'a/b/logs.duckdb', ...COMMAND], { cwd })
      expect({ code, stderr }).toEqual({ code: 7, stderr: '' })
      expect(statSync(join(cwd, 'a/b/logs.duckdb')).size).toBeGreaterThan(0)
    })

    test('a config file that is missing or has errors does not keep the command from running', async () => {
      expectUntouched(await record(['--config', 'missing.json', ...COMMAND], { cwd }))
      writeFileSync(join(cwd, 'forge-writer.config.yaml'), 'path: [logs\n')
      expectUntouched(await record(COMMAND, { cwd }))
      writeFileSync(join(cwd, 'forge-writer.config.yaml'), 'batchSize: many\n')
      expectUntouched(await record(COMMAND, { cwd }))
    })

    test('an option that does not exist is an error, and the command does not run', async () => {
      expect(await record(['--no-such-option', '--', 'touch', 'ran'], { cwd })).toMatchObject({ code: 2, stdout: '' })
      expect(await record(['--timeout', 'soon', '--', 'touch', 'ran'], { cwd })).toMatchObject({ code: 2, stdout: '' })
      expect(await record(['--collect', 'what', '--', 'touch', 'ran'], { cwd })).toMatchObject({ code: 2, stdout: '' })
      expect(await record(['--pipeline', 'x'], { cwd })).toMatchObject({ code: 2, stdout: '' })
      expect(readdirSync(cwd)).not.toContain('ran')
    })

    test.skipIf(!isRoot)(
      'a folder that the user may not write to leaves the run in the folder of the user (skipped unless root)',
      async () => {
        const path = join(closedFolder(), 'logs.duckdb')
        const { ended, state } = await recordAsOther(path)
        expectUntouched(ended)
        expect(await storedAt(path, state)).toMatchObject([{ pipeline_id: 'sh', success: false }])
      },
    )

    test.skipIf(!isRoot)(
      'a database that the user may only read leaves the run in the folder of the user (skipped unless root)',
      async () => {
        const path = join(closedFolder(), 'logs.duckdb')
        const owner = await createLogWriter({ storage: duckdbStorage({ path }), config: CONFIG })
        await owner.writeLogRows([{ run_id: 'r', phase: 'gold', step_name: 'load', pipeline_id: 'own' }])
        await owner.close()
        chmodSync(path, 0o644)
        const { ended, state } = await recordAsOther(path)
        expectUntouched(ended)
        const rows = await storedAt(path, state)
        expect(rows.map(({ pipeline_id }) => pipeline_id).sort()).toEqual(['own', 'sh'])
      },
    )

    test.skipIf(!canMount)('a full disk does not touch the command (skipped if nothing can be mounted)', async () => {
      const disk = join(cwd, 'disk')
      mkdirSync(disk)
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) return
      try {
        spawnSync('sh', ['-c', `head -c 1M /dev/zero > ${disk}/filler`])
        expectUntouched(await record(['--path', join(disk, 'logs.duckdb'), ...COMMAND], { cwd, env: { TMPDIR: disk } }))
        await rm(join(disk, 'filler'))
      } finally {
        spawnSync('umount', ['-l', disk])
      }
    })

    test('many commands at once on one file are all recorded, and their exit codes are their own', async () => {
      const count = Number(process.env.FORGE_RECORD_AT_ONCE ?? 12)
      const codes = await Promise.all(
        Array.from(
          { length: count },
          async (_none, at) =>
            (await startRecord(['--pipeline', `p${at}`, '--', 'sh', '-c', `exit ${at}`], { cwd }).ended).code,
        ),
      )
      expect(codes).toEqual(Array.from({ length: count }, (_none, at) => at))
      const rows = await logRows(cwd)
      expect(rows.map(({ pipeline_id, metadata }) => [pipeline_id, metadata.exit_code]).toSorted()).toEqual(
        codes.map((code, at) => [`p${at}`, code]).toSorted(),
      )
    })

    test.skipIf(spawnSync('strace', ['-V']).status !== 0)(
      'the command starts before the log, its settings or an engine are opened, and is noted at once (skipped without strace)',
      async () => {
        writeFileSync(join(cwd, 'forge-writer.config.json'), '{}')
        await startProcess(
          'strace',
          [
            '-f',
            '-o',
            'trace',
            '-e',
            'trace=openat,execve,rename,fsync',
            process.execPath,
            bin,
            'record',
            '--path',
            'logs.duckdb',
            '--',
            'true',
          ],
          { cwd },
        ).ended
        const lines = spawnSync('cat', ['trace'], { cwd, encoding: 'utf8' }).stdout.split('\n')
        const started = lines.findIndex((line) => /execve\("[^"]*\/true"/.test(line) && !line.includes('ENOENT'))
        const openedAt = (name: string) => lines.findIndex((line) => line.includes('openat(') && line.includes(name))
        expect(started).toBeGreaterThan(0)
        for (const name of ['forge-writer.config', 'logs.duckdb', 'zod', 'commander']) {
          if (openedAt(name) !== -1) expect(openedAt(name)).toBeGreaterThan(started)
        }
        expect(openedAt('duckdb.node')).toBeGreaterThan(started)
        // The run is noted next, and before anything waits for a disk.
        const noted = lines.findIndex((line) => line.includes('rename(') && line.includes('.run"'))
        expect(noted).toBeGreaterThan(started)
        expect(lines.slice(0, noted).filter((line) => line.includes('fsync('))).toEqual([])
      },
    )
  },
)

/** The key of the lock by which processes take turns on a DuckDB file. */
async function lockKey(path: string): Promise<string> {
  const { realpath } = await import('node:fs/promises')
  return `path:${await realpath(path)}`
}
