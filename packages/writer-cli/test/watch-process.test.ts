// @module-tag processes
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const isBuilt = existsSync(bin)
const patience = { timeout: 30_000, interval: 50 }

/** What people get, by how the server behaves at the moment. */
const server = { behaviour: 200 as number | 'hang', taken: [] as string[], refused: 0, hanging: 0, port: 0 }
let listening: Server | undefined
let cwd = ''
const started: ChildProcessByStdio<null, Readable, Readable>[] = []

beforeEach(async () => {
  cwd = newFolder()
  Object.assign(server, { behaviour: 200, taken: [], refused: 0, hanging: 0, port: 0 })
  await listen()
  const alerts = [{ kind: 'webhook', to: `http://127.0.0.1:${server.port}/hook` }]
  await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify({ path: 'log.duckdb', alerts }))
})
afterEach(async () => {
  for (const child of started.splice(0))
    if (child.exitCode === null && child.signalCode === null) await end(child, 'SIGKILL')
  await hangUp()
})

async function listen(): Promise<void> {
  listening = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8')
    })
    request.on('end', () => {
      if (server.behaviour === 'hang') server.hanging++
      else if (server.behaviour === 200) server.taken.push(...idsOf(body))
      else server.refused++
      if (server.behaviour !== 'hang') response.writeHead(server.behaviour).end()
    })
  }).listen(server.port, '127.0.0.1')
  await once(listening, 'listening')
  server.port = (listening.address() as AddressInfo).port
}

async function hangUp(): Promise<void> {
  if (!listening?.listening) return
  listening.closeAllConnections()
  listening.close()
  await once(listening, 'close')
}

function idsOf(body: string): string[] {
  return (JSON.parse(body) as { alerts: { id: string; kind: string }[] }).alerts.map(({ kind }) => kind)
}

function start(argv: readonly string[]) {
  const env = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd }
  const child = spawn(process.execPath, [bin, ...argv], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    output.out += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output.err += chunk.toString('utf8')
  })
  started.push(child)
  return { child, output }
}

/** Returns the exit code as a shell shows it: a command that does not end within the grace is ended by the signal itself. */
async function end(child: ChildProcessByStdio<null, Readable, Readable>, signal: NodeJS.Signals) {
  const ended = once(child, 'exit')
  child.kill(signal)
  const [code, endedBy] = await ended
  return (code as number | null) ?? (endedBy === 'SIGINT' ? 130 : null)
}

/** A run a day until now, the last of them slow; and a run of another pipeline that failed. */
async function record(name: string, rows: readonly object[]): Promise<void> {
  await writeFile(join(cwd, name), rows.map((row) => JSON.stringify(row)).join('\n'))
  const { child, output } = start(['ingest', name])
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(output.err)
}

/** What the outbox says of alerts that wait. */
async function errors(): Promise<string> {
  const { child, output } = start([
    'query',
    '--table',
    'pipeline_logs_alerts',
    '--order',
    'id',
    '-c',
    'last_error',
    '--json',
  ])
  await once(child, 'close')
  return output.out
}

function daily(): object[] {
  const nowMs = Date.now()
  return Array.from({ length: 60 }, (_, index) => {
    const start = new Date(nowMs - (59 - index) * 86_400_000 - 1_800_000).toISOString()
    return {
      run_id: `run-${index}`,
      pipeline_id: 'orders',
      phase: 'gold',
      step_name: 'revenue',
      start_time: start,
      run_started_at: start,
      duration_secs: index === 59 ? 412 : 118 + ((index * 31) % 7),
      rows_processed: 20_000 + ((index * 37) % 11) * 50,
    }
  })
}

const failedRow = (run_id: string) => ({ run_id, pipeline_id: 'other', phase: 'gold', step_name: 'a', success: false })

describe.skipIf(!isBuilt)('watch --alerts in a process of its own (skipped if it is not built)', () => {
  const watch = ['watch', '--alerts', '--json', '--interval', '0.05', '--lines', '0']

  test('watch loses no alert if a server fails, hangs or is down, nor if it is killed, and sends each alert once', async () => {
    server.behaviour = 503
    await record('first.ndjson', [...daily(), failedRow('broken-1')])
    server.refused = 0
    const first = start(watch)
    await vi.waitFor(() => expect(server.refused).toBeGreaterThan(0), patience)

    server.behaviour = 'hang'
    await vi.waitFor(() => expect(server.hanging).toBeGreaterThan(0), patience)
    // While the server hangs, what is recorded is shown all the same.
    await record('second.ndjson', [failedRow('broken-2')])
    await vi.waitFor(() => expect(first.output.out).toContain('broken-2'), patience)
    await end(first.child, 'SIGKILL')

    await hangUp()
    const second = start(watch)
    await vi.waitFor(async () => expect(await errors()).toContain('could not be reached'), patience)
    server.behaviour = 200
    await listen()
    await vi.waitFor(() => expect(server.taken).toHaveLength(3), patience)
    expect(await end(second.child, 'SIGINT')).toBe(130)

    await record('third.ndjson', [failedRow('broken-3')])
    start(watch)
    await vi.waitFor(() => expect(server.taken.length).toBeGreaterThan(3), patience)
    expect(server.taken.toSorted()).toEqual(['anomaly', 'failure', 'failure', 'failure'])
  })

  test('ends at Ctrl-C though the server hangs, and what it did not get stays', async () => {
    server.behaviour = 503
    await record('first.ndjson', [failedRow('broken-1')])
    server.behaviour = 'hang'
    const first = start(watch)
    await vi.waitFor(() => expect(server.hanging).toBe(1), patience)
    expect(await end(first.child, 'SIGINT')).toBe(130)
    server.behaviour = 200
    start(watch)
    await vi.waitFor(() => expect(server.taken).toEqual(['failure']), patience)
  })
})
