// Installs what the Java programs of this folder need, by Maven, and compiles them.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('java', import.meta.url))
const target = fileURLToPath(new URL('../.venv/java', import.meta.url))
const INSTALL_MS = 180_000

/** Returns the class path of the programs, or the reason why there is none. */
export function installJava() {
  if (!hasTools()) return { reason: 'neither found nor installed: javac, mvn' }
  mkdirSync(`${target}/classes`, { recursive: true })
  const jars = `${target}/jars`
  const isReady = existsSync(`${target}/ready`)
  const copied =
    isReady ||
    succeeds('mvn', [
      '-q',
      '-B',
      '-f',
      `${sources}/pom.xml`,
      'dependency:copy-dependencies',
      `-DoutputDirectory=${jars}`,
    ])
  if (!copied) return { reason: 'its libraries cannot be installed by Maven' }
  succeeds('touch', [`${target}/ready`])
  const files = readdirSync(sources).filter((name) => name.endsWith('.java'))
  const compiled = succeeds('javac', [
    '-cp',
    `${jars}/*`,
    '-d',
    `${target}/classes`,
    ...files.map((name) => `${sources}/${name}`),
  ])
  return compiled
    ? { classPath: `${target}/classes:${jars}/*`, classes: `${target}/classes`, jars }
    : { reason: 'it cannot be compiled' }
}

function hasTools() {
  const isThere = () =>
    [
      ['javac', '-version'],
      ['mvn', '-version'],
    ].every(([name, flag]) => spawnSync(name, [flag]).status === 0)
  if (isThere()) return true
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  const isInstalled =
    succeeds('apt-get', ['update', '-qq']) &&
    succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'default-jdk-headless', 'maven'])
  return isInstalled && isThere()
}

function succeeds(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], timeout: INSTALL_MS, env }).status === 0
}
