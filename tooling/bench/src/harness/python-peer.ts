import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PACKAGES = ['deltalake==1.6.6', 'pyarrow']
const READY = 'deltalake-ready'

/** Runs a Python program with `deltalake`, and returns its lines. Throws if it fails. */
export type PythonPeer = (program: string, args: readonly string[]) => Promise<string[]>

/** Installs Python's `deltalake` into `.venv` of this package, once. Returns the reason if that is not possible. */
export function pythonPeer(): PythonPeer | { readonly reason: string } {
  const venv = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../.venv' : '../.venv', import.meta.url))
  const python = `${venv}/bin/python`
  if (!existsSync(`${venv}/${READY}`)) {
    const steps = [
      ['python3', '-m', 'venv', venv],
      [python, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...PACKAGES],
      ['touch', `${venv}/${READY}`],
    ] as const
    for (const [command, ...args] of steps) {
      const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] })
      if (error || status !== 0) return { reason: `${command} ${args.slice(0, 3).join(' ')} failed` }
    }
  }
  return async (program, args) => {
    const child = spawn(python, ['-c', program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = once(child, 'close')
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout })) lines.push(line)
    const [code] = await exit
    if (code !== 0) throw new Error(`python ended with ${code}`)
    return lines
  }
}
