#!/usr/bin/env node
// What `npm run ...` calls: installs and builds what is missing, then runs. Needs Node and npm alone, so it is plain JavaScript.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PNPM = ['npx', '-y', 'pnpm@12']
const LEAST_NODE = [20, 19]

/** Each task: whether packages are built first, and the script and arguments that node then runs. */
const TASKS = {
  demo: { build: true, script: ['tooling/demo.mjs'] },
  test: { build: true, script: ['node_modules/vitest/vitest.mjs', 'run'] },
  check: { build: true, script: ['tooling/checks/check.mjs'] },
  api: { build: true, script: ['tooling/checks/api-reports.mjs', '--write'] },
  bench: { build: true, script: ['tooling/bench/dist/main.js'] },
  torture: { build: true, script: ['tooling/torture/dist/main.js'] },
  fuzz: { build: true, script: ['tooling/fuzz/dist/main.js'] },
  consumers: { build: true, script: ['tooling/consumers/consumers.mjs'] },
  golden: { build: true, script: ['tooling/golden/golden.mjs'] },
  'conformance:spark': { build: true, script: ['tooling/interop/spark/run', '--all'] },
  'bench:anomaly': { build: true, script: ['tooling/anomaly-bench/run.mjs'] },
}

const [name, ...args] = process.argv.slice(2)
const task = TASKS[name]
if (!task) fail(`usage: node tooling/run.mjs ${Object.keys(TASKS).join('|')} [argument...]`, 2)
assertNode()
if (needsInstall()) quietly('install', [...PNPM, 'install', '--frozen-lockfile'])
if (task.build) quietly('build', [...PNPM, 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only'])
const [script, ...before] = task.script
if (!existsSync(join(root, script))) fail(`${name}: ${script} is missing`, 1)
process.exitCode = run([process.execPath, join(root, script), ...before, ...args], 'inherit')

/** True where nothing was installed yet, or something else than the lockfile says. pnpm keeps a copy of what it installed. */
function needsInstall() {
  const installed = join(root, 'node_modules/.pnpm/lock.yaml')
  if (!existsSync(installed)) return true
  return readFileSync(installed, 'utf8') !== readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
}

/** Runs a step whose output goes to stderr: stdout belongs to the task. */
function quietly(step, command) {
  const code = run(command, 2)
  if (code !== 0) fail(`${step} failed: ${command.join(' ')}`, code)
}

function run([command, ...args], stdout) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['inherit', stdout, 'inherit'],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    shell: process.platform === 'win32' && command === 'npx',
  })
  if (error) fail(`${command}: ${error.message}`, 1)
  return signal ? 1 : (status ?? 1)
}

function assertNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [leastMajor, leastMinor] = LEAST_NODE
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return
  fail(`Node ${LEAST_NODE.join('.')} or newer is needed; this is ${process.versions.node}`, 1)
}

function fail(message, code) {
  process.stderr.write(`${message}\n`)
  process.exit(code)
}
