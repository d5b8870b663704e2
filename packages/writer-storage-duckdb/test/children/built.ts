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

export interface ChildOptions {
  /** Kills the child `delayMs` after it noted `after` more ids. */
  readonly kill?: { readonly acknowledged: string; readonly after: number; readonly delayMs: number }
  readonly command?: string
}

/** Runs a child to its end, or kills it. Resolves with its exit code, or null if it was killed. */
export function runChild(
  args: readonly string[],
  { kill, command = process.execPath }: ChildOptions = {},
): Promise<{ readonly code: number | null; readonly errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString()
    })
    const stopKilling = kill && killWhen(kill, () => child.kill('SIGKILL'))
    child.once('error', reject)
    child.once('close', (code) => {
      stopKilling?.()
      resolve({ code, errors })
    })
  })
}

function killWhen({ acknowledged, after, delayMs }: NonNullable<ChildOptions['kill']>, kill: () => void): () => void {
  const before = acknowledgedIds(acknowledged).length
  let timer = setTimeout(function look() {
    if (acknowledgedIds(acknowledged).length >= before + after) timer = setTimeout(kill, delayMs)
    else timer = setTimeout(look, 4)
  }, 0)
  return () => clearTimeout(timer)
}

/** The ids noted so far. */
export function acknowledgedIds(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}
