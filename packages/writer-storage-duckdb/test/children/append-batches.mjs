// Appends batches and notes each acknowledged id in a file, after its promise has resolved.
// Arguments: database path, acknowledgement file, prefix of ids, batches, rows per batch, and `two-copies` for two copies of the package.
import { appendFileSync } from 'node:fs'
import { batchFromRows, LOG_COLUMNS } from '@forge/writer-core'

const [path, acknowledged, prefix, batches, rows, mode] = process.argv.slice(2)
const copies = mode === 'two-copies' ? ['?one', '?two'] : ['']

function batchOf(id) {
  const row = { run_mode: 'initial', execution_id: 'e', pipeline_id: 'p', schema: 's', phase: 'gold', step_type: 't' }
  const figures = {
    duration_secs: 1,
    rows_processed: 1,
    valid_rows: 1,
    invalid_rows: 0,
    validation_rate: 100,
    success: true,
  }
  return batchFromRows(
    LOG_COLUMNS,
    Array.from({ length: Number(rows) }, (_none, index) => ({
      ...row,
      ...figures,
      run_id: id,
      step_name: `step-${index}`,
    })),
  )
}

async function appendAll(copy) {
  const { duckdbStorage } = await import(`../../dist/index.js${copy}`)
  const storage = duckdbStorage({ path, lockTimeoutMs: 60_000 })
  const table = await storage.openTable({ schema: 'analytics', name: 'logs' })
  for (let index = 0; index < Number(batches); index++) {
    const id = `${prefix}${copy}-${index}`
    await table.append(batchOf(id), { batchId: id })
    appendFileSync(acknowledged, `${id}\n`)
  }
  await storage.close()
}

await Promise.all(copies.map(appendAll))
