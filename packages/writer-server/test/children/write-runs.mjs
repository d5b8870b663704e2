// Writes runs of one step into a DuckDB log, one commit each, and prints the id of each when it is durable.
// Arguments: database path, prefix of the ids, number of runs, milliseconds between them, outcome (`ok` or `failed`).
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogWriter } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

const [path, prefix, runs, everyMs, outcome] = process.argv.slice(2)
const storage = duckdbStorage({ path })
const writer = await createLogWriter({ storage, config: { tableSchema: 'analytics', tableName: 'pipeline_logs' } })
for (let at = 0; at < Number(runs); at++) {
  const now = new Date()
  const success = outcome !== 'failed'
  const row = {
    run_id: `${prefix}-${at}`,
    pipeline_id: prefix,
    start_time: now,
    end_time: now,
    duration_secs: 1,
    success,
  }
  await writer.writeLogRows([
    { ...row, phase: 'gold', step_name: 'load', rows_processed: 10, error_message: success ? null : 'no space left' },
    { ...row, phase: 'pipeline', step_name: prefix },
  ])
  process.stdout.write(`${row.run_id}\n`)
  await sleep(Number(everyMs))
}
await writer.close()
await storage.close()
