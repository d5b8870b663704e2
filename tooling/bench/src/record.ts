import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { APP, bundledCommand } from './cli-start.ts'
import type { Bench } from './harness/bench.ts'
import { median } from './harness/statistics.ts'
import { repeat } from './harness/timing.ts'

/** Starts are short and noisy. */
const STARTS_PER_REPETITION = 4
const COMMAND = ['echo', 'x']
const BARE = `require('node:child_process').spawn('echo', ['x'], { stdio: 'inherit' })`

/** Time until a recorded command prints, and until `record` has ended, against node that does nothing else, and against the command alone. */
export const record: Bench = {
  name: 'record',
  question: 'How much later does a recorded command start, and how much longer does it take?',
  async *run({ directory, repetitions }) {
    const command = await bundledCommand(APP)
    const starts = repetitions * STARTS_PER_REPETITION
    const recorded = [command, 'record', '--path', join(directory, 'logs.duckdb'), '--', ...COMMAND]
    const startOf = async (args: readonly string[]) =>
      median(await repeat(starts, async () => (await timesOf(process.execPath, args)).startMs))
    const endOf = async (file: string, args: readonly string[]) =>
      median(await repeat(starts, async () => (await timesOf(file, args)).endMs))
    const bareStart = await startOf(['-e', BARE])
    const start = await startOf(recorded)
    yield {
      case: 'command prints',
      value: start,
      unit: 'ms',
      ratio: start / bareStart,
      against: 'spawn from bare node',
    }
    yield { case: 'command prints, above bare node', value: start - bareStart, unit: 'ms' }
    const [file = '', ...args] = COMMAND
    const alone = await endOf(file, args)
    yield {
      case: 'whole run, above the command alone',
      value: (await endOf(process.execPath, recorded)) - alone,
      unit: 'ms',
    }
  },
}

/** Times from the start of a process to its first output and to its end. */
async function timesOf(
  file: string,
  args: readonly string[],
): Promise<{ readonly startMs: number; readonly endMs: number }> {
  const startedMs = performance.now()
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  child.stderr.resume()
  await once(child.stdout, 'data')
  const startMs = performance.now() - startedMs
  child.stdout.resume()
  const [code] = await ended
  if (code !== 0) throw new Error(`${file} ended with ${code}`)
  return { startMs, endMs: performance.now() - startedMs }
}
