// Installs the compared wrappers and the real tools into folders that git ignores.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const tools = fileURLToPath(new URL('.tools', import.meta.url))
const venv = fileURLToPath(new URL('.venv', import.meta.url))
const PYTHON_PACKAGES = ['dbt-core==1.11.16', 'dbt-duckdb==1.10.1', 'pytest==9.0.2']

/** Returns the path of a program of a Debian package, or undefined. Nothing is installed in the system. */
export function debianProgram(packageName, path) {
  const folder = join(tools, packageName)
  if (!existsSync(join(folder, path))) {
    mkdirSync(folder, { recursive: true })
    if (run('apt-get', ['download', packageName], folder) !== 0) {
      run('apt-get', ['update', '-q'], folder)
      run('apt-get', ['download', packageName], folder)
    }
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'))
    if (archive) run('dpkg', ['-x', archive, '.'], folder)
  }
  return existsSync(join(folder, path)) ? join(folder, path) : undefined
}

/** Returns the path of a program of an npm package, or undefined. */
export function npmProgram(specifier, name) {
  const folder = join(tools, 'npm')
  const program = join(folder, 'node_modules/.bin', name)
  mkdirSync(folder, { recursive: true })
  if (!existsSync(program)) run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', specifier], folder)
  return existsSync(program) ? program : undefined
}

/** Returns the folder of the Python programs, or undefined. */
export function pythonPrograms() {
  const ready = join(venv, 'record-ready')
  if (!existsSync(ready)) {
    const steps = [
      ['python3', '-m', 'venv', venv],
      [join(venv, 'bin/python'), '-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...PYTHON_PACKAGES],
      ['touch', ready],
    ]
    if (!steps.every(([command, ...args]) => run(command, args, '.') === 0)) return undefined
  }
  return join(venv, 'bin')
}

function run(command, args, cwd) {
  return spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2] }).status
}
