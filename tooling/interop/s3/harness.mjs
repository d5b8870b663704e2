// What the checks of tables on an object store share: programs that write, and the table that they write to.
import { fileURLToPath } from 'node:url'
import { batchRows, eq } from '../../../packages/writer-core/dist/index.js'
import { deltaStorage } from '../../../packages/writer-storage-delta/dist/index.js'
import { s3Stores } from '../../../packages/writer-store-s3/dist/index.js'

const ref = { schema: 'logs', name: 'runs' }
const writer = fileURLToPath(new URL('writer.mjs', import.meta.url))

/** Returns the address of the table below a prefix. */
export function addressOf({ bucket }, prefix) {
  return `s3://${bucket}/${prefix}/${ref.schema}/${ref.name}`
}

/** Returns the command of a process of this project that appends to the table. */
export function ourWriter({ bucket }, prefix, name, count) {
  return [process.execPath, [writer, bucket, prefix, name, String(count)]]
}

/** Opens the table below a prefix, and closes it after use. */
export async function withTable({ bucket, endpoint, region, accessKeyId, secretAccessKey }, prefix, use) {
  const credentials = { accessKeyId, secretAccessKey }
  const storage = deltaStorage({ stores: s3Stores({ bucket, prefix, endpoint, region, credentials }) })
  try {
    await use(await storage.openTable(ref))
  } finally {
    await storage.close()
  }
}

/** Deletes a row, and every trace of it in files and in the log. */
export async function erase(table, id) {
  await table.delete(eq('id', id), { batchId: `erase ${id}` })
  await table.vacuum({ everything: true })
}

/** Resolves with the ids of all rows, sorted. */
export async function idsOf(table) {
  const ids = []
  for await (const batch of table.scan({ columns: ['id'] })) for (const { id } of batchRows(batch)) ids.push(id)
  return ids.sort()
}
