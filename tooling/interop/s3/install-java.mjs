// Installs what Delta Kernel and Spark need for the log store in this folder, by Maven and pip, and compiles it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('java', import.meta.url))
const target = fileURLToPath(new URL('../.venv/java', import.meta.url))
const classes = `${target}/classes`
const INSTALL_MS = 300_000
const TOOLS = [
  ['javac', '-version'],
  ['mvn', '-version'],
]

/** Returns the class path of the programs for Delta Kernel, or the reason why it cannot be had. */
export function installJava() {
  if (!hasTools()) return { reason: 'javac and mvn cannot be installed' }
  mkdirSync(classes, { recursive: true })
  const jars = `${target}/jars`
  if (!once('jars', () => copyDependencies('pom.xml', jars))) return { reason: 'its libraries cannot be installed' }
  const files = readdirSync(sources).filter((name) => name.endsWith('.java'))
  const paths = files.map((name) => `${sources}/${name}`)
  if (!succeeds('javac', ['-cp', `${jars}/*`, '-d', classes, ...paths])) return { reason: 'it cannot be compiled' }
  return { classPath: `${classes}:${jars}/*` }
}

/** Returns the Python with Spark and the jars that it needs, the log store among them, or the reason why they cannot be had. Needs {@link installJava}. */
export function installSpark() {
  const venv = `${target}/pyspark`
  const jars = `${target}/spark-jars`
  const install = () =>
    succeeds('python3', ['-m', 'venv', venv]) &&
    succeeds(`${venv}/bin/pip`, ['install', '-q', '--disable-pip-version-check', 'pyspark==4.2.0']) &&
    copyDependencies('spark/pom.xml', jars)
  if (!once('spark', install)) return { reason: 'PySpark or its libraries cannot be installed' }
  // Spark loads the log store together with the classes of Delta, so it is a jar among theirs.
  const isPacked = succeeds('jar', ['cf', `${jars}/log-store.jar`, '-C', classes, 'ConditionalPutLogStore.class'])
  if (!isPacked) return { reason: 'the log store cannot be packed' }
  return { python: `${venv}/bin/python`, jars: readdirSync(jars).map((name) => `${jars}/${name}`) }
}

function copyDependencies(pom, jars) {
  return succeeds('mvn', [
    '-q',
    '-B',
    '-f',
    `${sources}/${pom}`,
    'dependency:copy-dependencies',
    `-DoutputDirectory=${jars}`,
  ])
}

/** Does a step unless an earlier run did it. Returns true if it is done. */
function once(name, step) {
  const mark = `${target}/${name}-ready`
  if (existsSync(mark)) return true
  if (!step()) return false
  writeFileSync(mark, '')
  return true
}

function hasTools() {
  const areThere = () => TOOLS.every(([name, flag]) => spawnSync(name, [flag]).status === 0)
  if (areThere()) return true
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  const packages = ['default-jdk-headless', 'maven']
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
