import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Inspection, InspectorTask } from './inspector.ts'

const INSPECTION_MS = 180_000
const program = fileURLToPath(new URL('inspector.js', import.meta.url))

/** Reads a table in a process of its own. A crash or a hang of that process is an error `CRASHED`. */
export function inspect(
  task: Omit<InspectorTask, 'output'>,
  { scratch, env }: { readonly scratch: string; readonly env?: Readonly<Record<string, string>> | undefined },
): Inspection {
  const taskFile = join(scratch, 'inspector.task')
  const output = join(scratch, 'inspector.json')
  rmSync(output, { force: true })
  writeFileSync(taskFile, JSON.stringify({ ...task, output }))
  const { status, signal, stderr } = spawnSync(process.execPath, [program, taskFile], {
    env: { ...process.env, ...env },
    timeout: INSPECTION_MS,
    killSignal: 'SIGKILL',
  })
  if (existsSync(output)) return JSON.parse(readFileSync(output, 'utf8')) as Inspection
  const message = `exit ${status ?? signal}: ${stderr.toString().slice(-2_000)}`
  return {
    error: { code: 'CRASHED', message },
    healthy: false,
    problems: [],
    rows: [],
    rowCount: 0,
    versions: [],
    storedBatches: [],
  }
}
