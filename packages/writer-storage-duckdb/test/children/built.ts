import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
export const APPEND_BATCHES = fileURLToPath(new URL('append-batches.mjs', import.meta.url))

/** Children import the package by name, so it has to be built; `npm test` builds it before. */
export function ensureBuilt(): void {
  if (existsSync(`${PACKAGE}dist/index.js`)) return
  const args = ['-y', 'pnpm@12', 'exec', 'turbo', 'run', 'build', '--filter=@forge/writer-storage-duckdb']
  execFileSync('npx', args, { cwd: PACKAGE, stdio: 'ignore' })
}

export interface AppendJob {
  readonly path: string
  readonly acknowledged: string
  readonly prefix: string
  readonly batches: number
  readonly rows: number
  readonly mode?: string
}

export function appendArguments({ path, acknowledged, prefix, batches, rows, mode }: AppendJob): string[] {
  return [path, acknowledged, prefix, String(batches), String(rows), ...(mode ? [mode] : [])]
}

/** Runs a child to its end, or kills it after `killAfterMs`. Resolves with its exit code; null where it was killed. */
export function runChild(
  args: readonly string[],
  { killAfterMs, command = process.execPath }: { readonly killAfterMs?: number; readonly command?: string } = {},
): Promise<{ readonly code: number | null; readonly errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString()
    })
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, errors })
    })
  })
}

/** The ids noted so far. */
export function acknowledgedIds(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}
