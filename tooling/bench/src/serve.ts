import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { tableSource } from '@forge/writer-core'
import { type RunningServer, serve as startServer } from '@forge/writer-server'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { openPlainSql, writeLargeLog } from './harness/large-log.ts'
import { median, quantile } from './harness/statistics.ts'
import { timeMs } from './harness/timing.ts'

const ROWS = 100_000
const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
const WRITES_PER_SECOND = 10
const SECONDS_PER_REPETITION = 3
const CLIENTS = 4
const SCAN =
  'select count(*), min(run_id), min(pipeline_id), min(step_name), min(start_time), sum(duration_secs), sum(rows_processed), bool_and(success) from log'

/** A process that writes runs at a steady rate, and prints the time of each when it is durable. Arguments: path, runs, milliseconds between them. */
const WRITER = `
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogWriter } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
const [path, runs, everyMs] = process.argv.slice(1)
const storage = duckdbStorage({ path })
const writer = await createLogWriter({ storage, config: ${JSON.stringify(CONFIG)} })
for (let at = 0; at < Number(runs); at++) {
  const due = sleep(Number(everyMs))
  const now = new Date()
  await writer.writeLogRows([{ run_id: 'bench-' + process.pid + '-' + at, pipeline_id: 'bench', phase: 'gold', step_name: 'load', start_time: now, end_time: now, duration_secs: 1, success: true }])
  console.log(Date.now())
  await due
}
await writer.close()
await storage.close()
`

/** Pages of a log of 100,000 step rows, quiet and while another process writes. */
export const serve: Bench = {
  name: 'serve',
  question: 'How fast is a page, quiet and while another process writes ten runs a second?',
  async *run(context) {
    const path = await writeLargeLog(ROWS, context.directory)
    const storage = duckdbStorage({ path, readOnly: true })
    const server = await startServer(tableSource({ storage, config: CONFIG }), { port: 0 })
    try {
      yield* measureQuiet(server, path, context)
      yield* measureBusy(server, path, context)
    } finally {
      await server.close()
      await storage.close()
    }
  },
}

async function* measureQuiet(server: RunningServer, path: string, context: BenchContext): AsyncGenerator<Measurement> {
  const { directory, repetitions } = context
  const copy = join(directory, 'copy.duckdb')
  await copyFile(path, copy)
  const plain = await openPlainSql(copy)
  const [first, again, scans]: [number[], number[], number[]] = [[], [], []]
  for (let repetition = 0; repetition <= 4 * repetitions; repetition++) {
    await writeElsewhere(path, 1, () => {})
    first.push(await timeMs(() => load(server.url, NEWEST)))
    again.push(await timeMs(() => load(server.url)))
    scans.push(await timeMs(() => plain.run([SCAN])))
  }
  plain.close()
  const [counted, kept] = [first.slice(1), again.slice(1)]
  const scan = median(scans.slice(1))
  yield {
    case: 'first page after a write, p50',
    value: median(counted),
    unit: 'ms',
    ratio: median(counted) / scan,
    against: 'one scan',
  }
  yield { case: 'first page after a write, p99', value: quantile(counted, 0.99), unit: 'ms' }
  yield { case: 'first page again, p50', value: median(kept), unit: 'ms' }
  yield { case: 'first page again, p99', value: quantile(kept, 0.99), unit: 'ms' }
}

async function* measureBusy(
  server: RunningServer,
  path: string,
  { repetitions }: BenchContext,
): AsyncGenerator<Measurement> {
  const seconds = SECONDS_PER_REPETITION * repetitions
  const times: number[] = []
  const written: number[] = []
  const shown: number[] = []
  const stop = new AbortController()
  const following = follow(server.url, stop.signal, (at) => shown.push(at))
  let isOver = false
  const clients = Array.from({ length: CLIENTS }, async (_none, client) => {
    while (!isOver) times.push(await timeMs(() => load(`${server.url}${client % 2 === 0 ? '' : 'runs'}`)))
  })
  const beganAt = performance.now()
  await writeElsewhere(path, seconds * WRITES_PER_SECOND, (at) => written.push(at))
  isOver = true
  await Promise.all(clients)
  const took = (performance.now() - beganAt) / 1000
  stop.abort()
  await following
  // A change is shown by the first event after it.
  const waits = written.flatMap((at) => {
    const event = shown.find((each) => each >= at)
    return event === undefined ? [] : [event - at]
  })
  const name = `while ${WRITES_PER_SECOND} runs/s are written`
  yield { case: `requests ${name}`, value: times.length / took, unit: 'requests/s' }
  yield { case: `runs written by the other process`, value: written.length / took, unit: 'runs/s' }
  yield { case: `page ${name}, p50`, value: median(times), unit: 'ms' }
  yield { case: `page ${name}, p99`, value: quantile(times, 0.99), unit: 'ms' }
  yield { case: `event after a write, p50`, value: median(waits), unit: 'ms' }
  yield { case: `event after a write, p99`, value: quantile(waits, 0.99), unit: 'ms' }
}

/** Asks for the page of the current state: others may get the last one. */
const NEWEST = { 'cache-control': 'max-age=0' }

async function load(url: string, headers: Record<string, string> = {}): Promise<void> {
  const response = await fetch(url, { headers })
  await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}

/** Writes runs in a process of its own, and reports when each was durable. */
async function writeElsewhere(path: string, runs: number, onWritten: (atMs: number) => void): Promise<void> {
  const args = ['--input-type=module', '-e', WRITER, path, String(runs), String(1000 / WRITES_PER_SECOND)]
  const cwd = new URL('..', import.meta.url)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => onWritten(Number(line)))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the writer ended with ${code}`)
}

/** Follows the events of a server, and reports when each came. */
async function follow(url: string, signal: AbortSignal, onVersion: (atMs: number) => void): Promise<void> {
  try {
    const response = await fetch(`${url}events`, { signal })
    for await (const chunk of response.body ?? []) {
      if (new TextDecoder().decode(chunk).includes('event: version')) onVersion(Date.now())
    }
  } catch {
    // The bench has ended.
  }
}
