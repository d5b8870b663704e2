import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Bench } from './harness/bench.ts'
import { median } from './harness/statistics.ts'
import { repeat, timeMs } from './harness/timing.ts'

/** The folder of the bundled command. */
export const APP = new URL('../../../apps/cli/', import.meta.url)
/** Starts are short and noisy. */
const STARTS_PER_REPETITION = 4

/** Time from spawn to exit of the bundled `forge-writer --help`, against an empty node process. */
export const cliStart: Bench = {
  name: 'cli-start',
  question: 'How much later than bare node does the command line answer?',
  async *run({ repetitions }) {
    const command = await bundledCommand(APP)
    const starts = repetitions * STARTS_PER_REPETITION
    const bare = median(await repeat(starts, () => timeMs(() => startNode(['-e', '']))))
    const help = median(await repeat(starts, () => timeMs(() => startNode([command, '--help']))))
    const against = "node -e ''"
    yield { case: '--help', value: help, unit: 'ms', ratio: help / bare, against }
    yield { case: '--help above bare node', value: help - bare, unit: 'ms' }
  },
}

/** Returns the path of the bundled command. */
export async function bundledCommand(app: URL): Promise<string> {
  const { bin } = JSON.parse(await readFile(new URL('package.json', app), 'utf8'))
  return fileURLToPath(new URL(bin['forge-writer'], app))
}

async function startNode(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`)
}
