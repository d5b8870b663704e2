// `npm run demo`: records real samples of dbt runs into a new DuckDB file and looks at them. Arguments: where the file goes.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const command = join(root, 'apps/cli/dist/forge-writer.js')
const directory = mkdtempSync(join(tmpdir(), 'forge-demo-'))
const [path = join(directory, 'logs.duckdb')] = process.argv.slice(2)

try {
  const startMs = performance.now()
  forgeWriter('ingest', ...samples('dbt'), '--path', path)
  const seconds = ((performance.now() - startMs) / 1000).toFixed(2)
  process.stdout.write(`\nrecorded in ${seconds} s\n`)
  forgeWriter('info', '--path', path)
  forgeWriter('show', '--limit', '10', '--path', path)
  forgeWriter('summary', '--days', '10000', '--path', path)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Prints the command as one would type it and runs it. */
function forgeWriter(...args) {
  const typed = args.map((arg) => (arg.startsWith(root) ? relative(root, arg) : arg)).join(' ')
  process.stdout.write(`\n$ forge-writer ${typed}\n`)
  const { status } = spawnSync(process.execPath, [command, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    rmSync(directory, { recursive: true, force: true })
    process.exit(status ?? 1)
  }
}

/** The run results among the samples of one tool. */
function samples(tool) {
  const folder = join(root, 'tooling/fixtures/data/samples', tool)
  return readdirSync(folder, { recursive: true })
    .filter((name) => /run_results.*\.json$/.test(name))
    .sort()
    .map((name) => join(folder, name))
}
