// @module-tag processes
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { canRecord, logRows, type Started, startRecord } from './record-process.ts'
import { runCli } from './run-cli.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

/** Kills of each kind; raise it for a longer trial. */
const KILLS = Number(process.env.FORGE_RECORD_KILLS ?? 4)
const LIMIT = { timeout: 120_000 + KILLS * 10_000 }

/** Starts a command that says its process id, and waits until the start of the run is in the spool. */
async function start(name: string): Promise<Started & { readonly commandPid: number }> {
  const started = startRecord(
    ['--pipeline', name, '--path', 'logs.duckdb', '--', 'sh', '-c', 'echo "pid $$."; exec sleep 600'],
    { cwd },
  )
  let text = ''
  started.child.stdout?.on('data', (chunk: string) => {
    text += chunk
  })
  await started.seen('.')
  while (!readSpool().some((entry) => entry.includes(`"${name}"`))) await sleep(5)
  return { ...started, commandPid: Number(/\d+/.exec(text)?.[0]) }
}

function readSpool(): string[] {
  try {
    const folder = join(cwd, 'logs.duckdb.spool')
    return readdirSync(folder).flatMap((name) =>
      name.endsWith('.run') ? readFileSync(join(folder, name), 'utf8') : [],
    )
  } catch {
    return []
  }
}

function runFiles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true }).flatMap((name) =>
          String(name).endsWith('.run') ? readFileSync(join(folder, String(name)), 'utf8') : [],
        )
      : [],
  )
}

async function statuses(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const { pipeline_id, metadata } of await logRows(cwd)) {
    const name = String(pipeline_id)
    found[name] = [...(found[name] ?? []), metadata.status]
  }
  return found
}

const names = Array.from({ length: KILLS }, (_none, at) => `run-${at}`)
const each = (status: string) => Object.fromEntries(names.map((name) => [name, [status]]))

describe.skipIf(!canRecord)('record and SIGKILL (skipped if it is not built, or not on Linux)', () => {
  test('a command that is killed is one row with an error', LIMIT, async () => {
    for (const name of names) {
      const { commandPid, ended } = await start(name)
      process.kill(commandPid, 'SIGKILL')
      expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' })
    }
    expect(await statuses()).toEqual(each('error'))
  })

  test('a recorder that is killed with its command is one row that is lost', LIMIT, async () => {
    for (const name of names) {
      const { child, commandPid, ended } = await start(name)
      child.kill('SIGKILL')
      process.kill(commandPid, 'SIGKILL')
      await ended
    }
    expect(await statuses()).toEqual(each('lost'))
    expect(readSpool()).toEqual([])
    const { stdout } = await runCli(['runs', '--json', '-n', '1000'], { cwd })
    const durations = JSON.parse(stdout).runs.map(({ durationSecs }: { durationSecs: unknown }) => durationSecs)
    expect(durations).toEqual(names.map(() => null))
  })

  test('a recorder that is killed before it has read its settings leaves a run that is lost', LIMIT, async () => {
    writeFileSync(join(cwd, 'forge-writer.config.json'), JSON.stringify({ path: 'logs.duckdb' }))
    const state = join(cwd, 'state', 'forge-writer', 'spool')
    const hasFile = () =>
      readSpool().length > 0 ||
      (existsSync(state) && readdirSync(state, { recursive: true }).some((name) => String(name).endsWith('.run')))
    for (const name of names) {
      const started = startRecord(['--pipeline', name, '--', 'sleep', '600'], { cwd })
      while (!hasFile()) await sleep(1)
      started.child.kill('SIGKILL')
      await once(started.child, 'exit')
      const entry = JSON.parse(runFiles([state, join(cwd, 'logs.duckdb.spool')])[0] ?? '{}')
      process.kill(entry.child.pid, 'SIGKILL')
      while (isAlive(entry.child.pid)) await sleep(5)
      const { stdout } = await runCli(['query', '--json', '-c', 'pipeline_id', '-n', '1000'], {
        cwd,
        env: { XDG_STATE_HOME: join(cwd, 'state') },
      })
      expect(JSON.parse(stdout).rows).toContainEqual({ pipeline_id: name })
      expect(hasFile()).toBe(false)
    }
    expect(await statuses()).toEqual(each('lost'))
  })

  test(
    'a recorder that is killed leaves its command running, and the run is lost once that has ended',
    LIMIT,
    async () => {
      const pids: number[] = []
      for (const name of names) {
        const { child, commandPid } = await start(name)
        child.stdout?.destroy()
        child.kill('SIGKILL')
        pids.push(commandPid)
      }
      expect(await statuses()).toEqual({})
      const { stdout } = await runCli(['runs', '--running', '--pipeline', 'run-*', '--limit', '1000', '--json'], {
        cwd,
        env: { XDG_STATE_HOME: join(cwd, 'state') },
      })
      const running = JSON.parse(stdout).running.map(({ pipelineId, state, pid }: Record<string, unknown>) => [
        pipelineId,
        state,
        pid,
      ])
      expect(running).toEqual(names.map((name, at) => [name, 'unwatched', pids[at]]))
      expect(readSpool()).toHaveLength(KILLS)
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      while (pids.some((pid) => isAlive(pid))) await sleep(10)
      expect(await statuses()).toEqual(each('lost'))
    },
  )

  test('a recorder that is killed while it stores a run stores it exactly once', LIMIT, async () => {
    for (const name of names) {
      const started = startRecord(['--pipeline', name, '--path', 'logs.duckdb', '--', 'sh', '-c', 'echo out; exit 3'], {
        cwd,
      })
      while (!readSpool().some((entry) => entry.includes(`"${name}"`) && entry.includes('"state":"ended"'))) {
        if (started.child.exitCode !== null) break
        await sleep(2)
      }
      await sleep(Math.random() * 150)
      started.child.kill('SIGKILL')
      await started.ended
    }
    expect(await statuses()).toEqual(each('failed'))
  })

  test('after a reboot, what ran is lost', async () => {
    const { child, commandPid } = await start('nightly')
    const folder = join(cwd, 'logs.duckdb.spool')
    const [file = ''] = readdirSync(folder)
    const text = readFileSync(join(folder, file), 'utf8')
    child.stdout?.destroy()
    child.stderr?.destroy()
    child.kill('SIGKILL')
    await once(child, 'exit')
    writeFileSync(
      join(folder, file),
      text.replace(/"bootId":"[^"]+"/, '"bootId":"11111111-2222-3333-4444-555555555555"'),
    )
    const [row] = await logRows(cwd)
    expect(row).toMatchObject({
      pipeline_id: 'nightly',
      success: false,
      end_time: null,
      metadata: { status: 'lost', lost_reason: 'reboot' },
    })
    process.kill(commandPid, 'SIGKILL')
  })
})

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
