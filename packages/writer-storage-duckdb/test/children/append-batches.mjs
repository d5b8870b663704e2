// Appends batches and notes each acknowledged id in a file, after its promise has resolved.
// Arguments: database path, acknowledgement file, prefix of ids, batches, rows per batch, then
// `two-copies` for two copies of the package, or `retry` to write a batch again that failed.
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

async function append(table, id, attempts = mode === 'retry' ? 3 : 1) {
  try {
    await table.append(batchOf(id), { batchId: id })
  } catch (error) {
    if (attempts === 1) throw error
    process.stderr.write(`${error.code} ${error.committed}\n`)
    await append(table, id, attempts - 1)
  }
}

async function appendAll(copy) {
  const { duckdbStorage } = await import(`../../dist/index.js${copy}`)
  const storage = duckdbStorage({ path, lockTimeoutMs: 60_000 })
  const table = await storage.openTable({ schema: 'analytics', name: 'logs' })
  for (let index = 0; index < Number(batches); index++) {
    const id = `${prefix}${copy}-${index}`
    await append(table, id)
    appendFileSync(acknowledged, `${id}\n`)
  }
  await storage.close()
}

await Promise.all(copies.map(appendAll))
