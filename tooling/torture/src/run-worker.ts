import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JournalLine, StorageName } from './operation.ts'
import type { WorkerPlan } from './plan.ts'

export interface WorkerEnd {
  readonly plan: WorkerPlan
  readonly lines: readonly JournalLine[]
  readonly wasKilled: boolean
  /** What the process wrote to standard error. */
  readonly errors: string
  /** The exit code; null if it was killed, 'hung' if it did not end in time. */
  readonly code: number | null | 'hung'
}

/** The table of a worker, and who hears of its steps. */
export interface WorkerPlace {
  readonly storage: StorageName
  readonly path: string
  /** The environment that names the object store. Default: none. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** The folder of its task and its journal. */
  readonly scratch: string
  readonly onLine?: ((line: JournalLine) => void) | undefined
}

const HANG_MS = 240_000
const program = fileURLToPath(new URL('worker.js', import.meta.url))

/** Runs a worker to its end, or kills it as planned. `onLine` is called for each line that the worker noted. */
export async function runWorker(
  plan: WorkerPlan,
  { storage, path, env, scratch, onLine }: WorkerPlace,
): Promise<WorkerEnd> {
  const journal = join(scratch, `${plan.prefix}.journal`)
  const taskFile = join(scratch, `${plan.prefix}.task`)
  const { prefix, operations, clockShiftMs, idleMs } = plan
  writeFileSync(taskFile, JSON.stringify({ storage, path, journal, prefix, operations, clockShiftMs, idleMs }))
  const child = spawn(process.execPath, [program, taskFile], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString()
  })
  const ended = watchEnd(child)
  const watching = followJournal(journal, plan, child, onLine)
  const code = await ended
  watching.stop()
  return { plan, lines: readJournal(journal), wasKilled: watching.wasKilled(), errors, code }
}

function watchEnd(child: ChildProcess): Promise<WorkerEnd['code']> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      resolve('hung')
    }, HANG_MS)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve(code)
    })
  })
}

/** Looks at the journal every few milliseconds, passes new lines on, and kills the worker when its time has come. */
function followJournal(path: string, plan: WorkerPlan, child: ChildProcess, onLine?: WorkerPlace['onLine']) {
  let seen = 0
  let settled = 0
  let wasKilled = false
  let killing: NodeJS.Timeout | undefined
  const look = () => {
    const lines = readJournal(path)
    for (const line of lines.slice(seen)) {
      if (line.state !== 'started') settled++
      onLine?.(line)
    }
    seen = lines.length
    if (plan.killAfter === undefined || killing || settled < plan.killAfter || seen === 0) return
    killing = setTimeout(() => {
      wasKilled = child.exitCode === null && child.kill('SIGKILL')
    }, plan.killDelayMs)
  }
  const interval = setInterval(look, 3)
  return {
    wasKilled: () => wasKilled,
    stop() {
      clearInterval(interval)
      clearTimeout(killing)
    },
  }
}

/** The whole lines of a journal; a killed worker may leave half of one. */
function readJournal(path: string): JournalLine[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as JournalLine)
}
