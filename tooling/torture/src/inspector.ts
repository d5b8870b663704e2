// Reads a table in a process of its own, and prints what it found as one JSON object: rows, history, health, and which batch ids are stored.
import { readFileSync, writeFileSync } from 'node:fs'
import { batchRows, isWriterError } from '@forge/writer-core'
import { openStorage, openTable } from './open-table.ts'
import type { StorageName } from './operation.ts'

export interface InspectorTask {
  readonly storage: StorageName
  readonly path: string
  readonly output: string
  readonly batchIds: readonly string[]
  /** Repairs before it reads. */
  readonly repair: boolean
}

export interface Inspection {
  /** `code: message` of what stopped the reading. */
  readonly error?: { readonly code: string; readonly message: string }
  readonly healthy: boolean
  readonly problems: readonly string[]
  readonly rows: readonly (readonly [string, readonly number[]])[]
  readonly rowCount: number
  /** Versions, oldest first, with the rows of the table at each. */
  readonly versions: readonly (readonly [number, number])[]
  readonly storedBatches: readonly string[]
}

const task = JSON.parse(readFileSync(String(process.argv[2]), 'utf8')) as InspectorTask
const NOTHING: Inspection = { healthy: false, problems: [], rows: [], rowCount: 0, versions: [], storedBatches: [] }
let result: Inspection = NOTHING
const backend = openStorage(task.storage, task.path)
try {
  if (task.repair) await backend.repair?.()
  const report = await backend.doctor?.()
  const problems = (report?.checks ?? []).filter(({ status }) => status === 'problem')
  result = {
    ...result,
    healthy: report?.healthy ?? true,
    problems: problems.map(({ name, detail }) => `${name}: ${detail}`),
  }
  result = { ...result, ...(await readTable()) }
} catch (error) {
  const code = isWriterError(error) ? error.code : 'UNTYPED'
  result = {
    ...result,
    error: { code, message: error instanceof Error ? (error.stack ?? error.message) : String(error) },
  }
}
await backend.close().catch(() => undefined)
writeFileSync(task.output, JSON.stringify(result))

async function readTable(): Promise<Pick<Inspection, 'rows' | 'rowCount' | 'versions' | 'storedBatches'>> {
  const table = await openTable(backend)
  const rows = new Map<string, number[]>()
  for await (const batch of table.scan()) {
    for (const { prefix, key, value } of batchRows(batch)) {
      const name = `${String(prefix)}/${String(key)}`
      const values = rows.get(name)
      if (values) values.push(Number(value))
      else rows.set(name, [Number(value)])
    }
  }
  const history = await table.history?.()
  const versions = (history?.versions ?? []).map(({ version, rowCount }) => [version, rowCount] as const).reverse()
  const storedBatches: string[] = []
  for (const batchId of task.batchIds) if (await table.findBatch(batchId)) storedBatches.push(batchId)
  return { rows: [...rows], rowCount: (await table.info()).rowCount, versions, storedBatches }
}
