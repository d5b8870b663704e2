// Reads a table again and again until it is killed, and notes in a file what it saw: it must be a version, whole.
import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isWriterError, type LogTable, type StorageBackend } from '@forge/writer-core'
import { openStorage, openTable } from './open-table.ts'
import type { StorageName } from './operation.ts'

export interface WatcherTask {
  readonly storage: StorageName
  readonly path: string
  readonly journal: string
}

/** What was seen at one moment, as one line of the journal. */
export type Sight =
  | {
      readonly version: number
      /** The number of rows that the table says it has. */
      readonly rowCount: number
      /** The number of rows that were read; missing if the version changed meanwhile. */
      readonly rowsRead?: number
    }
  | { readonly code: string; readonly message: string }

const PAUSE_MS = 40

const task = JSON.parse(readFileSync(String(process.argv[2]), 'utf8')) as WatcherTask
const note = (sight: Sight) => appendFileSync(task.journal, `${JSON.stringify(sight)}\n`)

const backend: StorageBackend = openStorage(task.storage, task.path)
let table: LogTable | undefined
for (;;) {
  try {
    table ??= await openTable(backend)
    const sight = await look(table)
    if (sight !== undefined) note(sight)
  } catch (error) {
    note({
      code: isWriterError(error) ? error.code : 'UNTYPED',
      message: error instanceof Error ? error.message : String(error),
    })
  }
  await sleep(PAUSE_MS)
}

async function look(from: LogTable): Promise<Sight | undefined> {
  const { exists, version, rowCount } = await from.info()
  if (!exists) return undefined
  let rowsRead = 0
  for await (const batch of from.scan({ columns: ['key'] })) rowsRead += batch.rowCount
  const after = await from.info()
  return { version, rowCount, ...(after.version === version && { rowsRead }) }
}
