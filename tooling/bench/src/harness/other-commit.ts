import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Another commit of this repository, installed and built in a folder of its own. */
export interface OtherCommit extends Disposable {
  /** The program that runs its benches. */
  readonly main: string
}

/** Checks out, installs and builds a commit, as its own `npm run bench` does. Throws an Error if git does not know it or its build fails. */
export function buildCommit(name: string): OtherCommit {
  const commit = output('git', ['rev-parse', '--verify', '--end-of-options', `${name}^{commit}`])
  const root = output('git', ['rev-parse', '--show-toplevel'])
  const folder = mkdtempSync(join(tmpdir(), 'forge-bench-commit-'))
  const remove = () => {
    spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: root, stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    output('git', ['worktree', 'add', '--force', '--detach', folder, commit], root)
    output(process.execPath, ['tooling/run.mjs', 'bench', '--help'], folder)
    return { main: join(folder, 'tooling/bench/dist/main.js'), [Symbol.dispose]: remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** Returns what a program prints; its errors and progress go to standard error. */
function output(program: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, error } = spawnSync(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`)
  return stdout.trim()
}
