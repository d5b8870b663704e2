// `npm run check`: runs every check, also after one that failed, and ends with the line `N passed, N failed`.
// Arguments name the checks to run, such as `npm run check -- types lint`.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const CHECKS = {
  types: [bin('typescript', 'tsc'), '-p', 'tsconfig.json'],
  lint: [bin('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.'],
  'dead code': [bin('knip', 'knip'), '--no-progress', '--no-config-hints'],
  arrows: [bin('vitest', 'vitest'), 'run', 'tooling/checks'],
  'API reports': ['tooling/checks/api-reports.mjs'],
  'package shape': ['tooling/checks/package-shape.mjs'],
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in CHECKS))
if (unknown.length > 0) {
  process.stderr.write(`checks not found: ${unknown.join(', ')} (there are: ${Object.keys(CHECKS).join(', ')})\n`)
  process.exit(2)
}

const failed = []
const names = asked.length > 0 ? asked : Object.keys(CHECKS)
for (const name of names) {
  process.stdout.write(`\n== ${name}\n`)
  const { status } = spawnSync(process.execPath, CHECKS[name], { cwd: root, stdio: 'inherit' })
  if (status !== 0) failed.push(name)
  process.stdout.write(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'}\n`)
}
if (failed.length > 0) process.stdout.write(`\nfailed: ${failed.join(', ')}\n`)
process.stdout.write(`\n${names.length - failed.length} passed, ${failed.length} failed\n`)
process.exitCode = failed.length === 0 ? 0 : 1

/** The script behind a command of an installed package. */
function bin(packageName, command) {
  const manifestPath = join(root, 'node_modules', packageName, 'package.json')
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'))
  const path = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[command]
  return join(dirname(manifestPath), path)
}
