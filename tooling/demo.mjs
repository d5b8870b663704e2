// What `npm run demo` shows: real dbt runs recorded into a fresh DuckDB file through the real command line, then looked at.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cli = join(root, 'apps/cli/dist/forge-writer.js')
const samples = join(root, 'tooling/fixtures/data/samples/dbt')
const folder = mkdtempSync(join(tmpdir(), 'forge-writer-demo-'))

const STEPS = [
  ['Record seven real dbt runs of several versions', ['ingest', samples]],
  ['Record them once more: nothing is added', ['ingest', samples]],
  ['What is in the log?', ['info']],
  ['The latest runs', ['show', '--runs']],
  ['What failed?', ['query', '--failed', '--columns', 'pipeline_id,step_name,error_message']],
  ['The slowest steps', ['query', '--order', 'duration_secs:desc', '--limit', '5', '--where', "phase != 'pipeline'"]],
  ['What happened to the table?', ['history']],
  ['All of it in figures', ['summary']],
]

try {
  for (const [title, [command, ...args]] of STEPS) {
    process.stdout.write(`\n# ${title}\n$ forge-writer ${[command, ...args].map(quoted).join(' ')}\n\n`)
    const startedAt = performance.now()
    // The file is fresh and nobody's config applies: what is shown depends on the samples alone.
    const env = { ...process.env, FORGE_WRITER_PATH: join(folder, 'logs.duckdb'), XDG_CONFIG_HOME: folder }
    const { status } = spawnSync(process.execPath, [cli, command, ...args], { stdio: 'inherit', cwd: folder, env })
    process.stdout.write(`\n(${((performance.now() - startedAt) / 1000).toFixed(2)} s)\n`)
    if (status !== 0) {
      process.exitCode = status ?? 1
      break
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function quoted(text) {
  const shown = text === samples ? 'tooling/fixtures/data/samples/dbt' : text
  return /^[\w./:=,-]+$/.test(shown) ? shown : `"${shown}"`
}
