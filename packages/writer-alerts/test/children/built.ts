import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

/** Children import the package by name, so it has to be built; `npm test` builds it before. */
export function ensureBuilt(): void {
  if (existsSync(`${PACKAGE}dist/index.js`)) return
  const args = ['-y', 'pnpm@12', 'exec', 'turbo', 'run', 'build', '--filter=@forge/writer-alerts...']
  execFileSync('npx', args, { cwd: PACKAGE, stdio: 'ignore' })
}

export interface Child {
  readonly ended: Promise<{ readonly signal: NodeJS.Signals | null; readonly output: string }>
  kill(): void
}

/** Starts one of the scripts of this folder; rejects when it ends with an error. */
export function startChild(script: string, args: readonly string[]): Child {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString()
  })
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString()
  })
  return {
    kill: () => void child.kill('SIGKILL'),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => {
        if (code === 0 || signal !== null) resolve({ signal, output })
        else reject(new Error(errors))
      })
    }),
  }
}
