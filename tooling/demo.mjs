// `npm run demo`: records real runs of other tools into a new DuckDB file and looks at them. An argument names the file to keep.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const command = join(root, 'apps/cli/dist/forge-writer.js')
const samples = join(root, 'tooling/fixtures/data/samples')
const [kept] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), 'forge-demo-'))
const path = kept === undefined ? join(directory, 'logs.duckdb') : resolve(kept)

process.exitCode = demo()
rmSync(directory, { recursive: true, force: true })

function demo() {
  const startMs = performance.now()
  const recorded = forgeWriter('ingest', samples, '--path', path)
  if (recorded !== 0) return recorded
  process.stdout.write(`\nRecorded in ${((performance.now() - startMs) / 1000).toFixed(2)} s.\n`)
  for (const args of [['info'], ['show', '--limit', '10'], ['summary']]) {
    const code = forgeWriter(...args, '--path', path)
    if (code !== 0) return code
  }
  return 0
}

/** Prints the command as one would type it, runs it, and tells its exit code. */
function forgeWriter(...args) {
  const typed = args.map((arg) => (arg.startsWith(root) ? relative(root, arg) : arg)).join(' ')
  process.stdout.write(`\n$ forge-writer ${typed}\n`)
  return spawnSync(process.execPath, [command, ...args], { cwd: directory, stdio: 'inherit' }).status ?? 1
}
