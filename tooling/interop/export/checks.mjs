// Checks that rows which formats could confuse are equal in every reader after an export from each storage.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exportAnalyticsData } from '../../../packages/writer-analytics/dist/index.js'
import { batchRows, createLogWriter, memoryStorage } from '../../../packages/writer-core/dist/index.js'
import { deltaStorage } from '../../../packages/writer-storage-delta/dist/index.js'
import { duckdbStorage } from '../../../packages/writer-storage-duckdb/dist/index.js'

const TEXTS = [
  '',
  'NULL',
  '\\N',
  '\ufeffBOM',
  'nul\0l',
  'a"b,c\r\nd',
  ' blanks ',
  '=1+1',
  '\u0001\u000b\u001f',
  'übung 🔒 日本',
  'tab\tand\nline',
]
const EDGES = [9_223_372_036_854_775_807n, 9_007_199_254_740_993n, 0, 1]

const rows = TEXTS.map((text, at) => ({
  run_id: `run-${String(at).padStart(2, '0')}`,
  phase: at % 2 === 0 ? 'bronze' : 'gold',
  step_name: 'load',
  start_time: `2024-06-${String(1 + at).padStart(2, '0')}T10:00:00.123456Z`,
  end_time: at % 3 === 0 ? null : '1969-12-31T23:59:59.999999Z',
  duration_secs: at / 3,
  rows_processed: EDGES[at % EDGES.length],
  valid_rows: 0,
  invalid_rows: 0,
  rows_written: at % 4 === 0 ? null : at,
  error_message: at % 5 === 4 ? null : text,
  success: at % 3 !== 0,
  metadata: at % 2 === 0 ? null : { text, list: [1, null] },
}))

const STORAGES = {
  memory: () => memoryStorage(),
  duckdb: (path) => duckdbStorage({ path: join(path, 'logs.duckdb') }),
  delta: (path) => deltaStorage({ path: join(path, 'lake') }),
}
const EXPORTS = [
  { format: 'csv' },
  { format: 'csv', compression: 'gzip' },
  { format: 'json' },
  { format: 'ndjson' },
  { format: 'parquet' },
  { format: 'parquet', compression: 'gzip' },
  { format: 'arrow' },
  { format: 'xlsx' },
]

/** Runs all checks. Resolves with the exit code. */
export async function checkAll(python) {
  const path = await mkdtemp(join(tmpdir(), 'export-interop-'))
  try {
    const jobs = []
    for (const name of Object.keys(STORAGES)) jobs.push(...(await exportAll(name, path)))
    const reader = fileURLToPath(new URL('read_back.py', import.meta.url))
    const { status, stdout } = spawnSync(python, [reader], {
      input: JSON.stringify(jobs),
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    process.stdout.write(stdout)
    return status === 0 ? 0 : 1
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

async function exportAll(name, path) {
  const config = { tableSchema: 'analytics', tableName: 'logs' }
  const writer = await createLogWriter({ storage: STORAGES[name](path), config })
  try {
    await writer.writeLogRows(rows)
    const expected = join(path, `${name}.expected.json`)
    await writeFile(expected, JSON.stringify(await readStored(writer)))
    const jobs = []
    for (const { format, compression } of EXPORTS) {
      const file = join(
        path,
        `${name}-${compression ?? 'plain'}.${format}${format === 'csv' && compression ? '.gz' : ''}`,
      )
      await exportAnalyticsData(writer, {
        format,
        path: file,
        orderBy: [{ column: 'run_id' }],
        ...(compression && { compression }),
      })
      jobs.push({ name: `${name} ${format}${compression ? ` ${compression}` : ''}`, format, file, expected })
    }
    return jobs
  } finally {
    await writer.close()
  }
}

/** Reads the columns with their types, and the values as text. */
async function readStored(writer) {
  const table = await writer.table()
  const { columns } = await table.info()
  const values = []
  for await (const batch of table.scan({ orderBy: [{ column: 'run_id' }] })) {
    for (const row of batchRows(batch)) values.push(columns.map(({ name }) => textOf(row[name])))
  }
  return { columns: columns.map(({ name, type }) => ({ name, type })), values }
}

function textOf(value) {
  return value === null || value === undefined ? null : String(value)
}
