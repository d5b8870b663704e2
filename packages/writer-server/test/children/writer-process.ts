import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
const WRITE_RUNS = fileURLToPath(new URL('write-runs.mjs', import.meta.url))

/** Children import packages by name, so they have to be built; `npm test` builds them before. */
export function ensureBuilt(): void {
  if (existsSync(`${PACKAGE}../writer-storage-duckdb/dist/index.js`)) return
  const args = ['-y', 'pnpm@12', 'exec', 'turbo', 'run', 'build', '--filter=@forge/writer-storage-duckdb']
  execFileSync('npx', args, { cwd: PACKAGE, stdio: 'ignore' })
}

export interface WrittenRuns {
  readonly path: string
  readonly prefix: string
  readonly runs?: number
  readonly everyMs?: number
  readonly outcome?: 'ok' | 'failed'
}

/** Writes runs in a process of its own, and resolves with its exit code and what it wrote to standard error. */
export async function writeInProcess({ path, prefix, runs = 1, everyMs = 0, outcome = 'ok' }: WrittenRuns) {
  const args = [WRITE_RUNS, path, prefix, String(runs), String(everyMs), outcome]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: PACKAGE })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const [code] = await once(child, 'close')
  return { code: code as number | null, errors }
}
