// Installs Spark by pip and Delta by Maven.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const venv = fileURLToPath(new URL('../.venv', import.meta.url))
const python = `${venv}/bin/python`
const delta = `${venv}/delta-jars`
const INSTALL_MS = 300_000
/** The client of PySpark is what the benchmark compares with. */
const PACKAGES = ['pyspark[connect]==4.0.5']

/** Returns the places of Spark and its Python, or the reason why it cannot be had. */
export function installSpark() {
  if (!hasTools()) return { reason: 'java and mvn cannot be installed' }
  if (!existsSync(python) && !succeeds('python3', ['-m', 'venv', venv])) return { reason: 'python3 has no venv' }
  const hasSpark = once('spark', () =>
    succeeds(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...PACKAGES]),
  )
  if (!hasSpark) return { reason: 'PySpark cannot be installed' }
  const copy = ['-q', '-B', '-f', `${here}pom.xml`, 'dependency:copy-dependencies', `-DoutputDirectory=${delta}`]
  if (!once('spark-delta', () => succeeds('mvn', copy))) return { reason: 'the jars of Delta cannot be installed' }
  return { python, jars: [`${sitePackages()}/pyspark/jars`, delta] }
}

function sitePackages() {
  const version = readdirSync(`${venv}/lib`).find((name) => name.startsWith('python3'))
  return `${venv}/lib/${version}/site-packages`
}

/** Does a step unless an earlier run did it. Returns true if it is done. */
function once(name, step) {
  const mark = `${venv}/${name}-ready`
  if (existsSync(mark)) return true
  if (!step()) return false
  writeFileSync(mark, '')
  return true
}

const TOOLS = [
  ['java', '-version'],
  ['mvn', '-version'],
]

function hasTools() {
  const areThere = () => TOOLS.every(([name, flag]) => spawnSync(name, [flag]).status === 0)
  if (areThere()) return true
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  const packages = ['default-jre-headless', 'maven', 'python3-venv']
  return (
    succeeds('apt-get', ['update', '-qq']) &&
    succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]) &&
    areThere()
  )
}

function succeeds(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], timeout: INSTALL_MS, env }).status === 0
}
