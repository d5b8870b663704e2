import { randomUUID } from 'node:crypto'
import {
  and,
  batchFromRows,
  batchRows,
  type ColumnDefinition,
  column,
  eq,
  isIn,
  type LogWriter,
} from '@forge/writer-core'

const COLUMNS = [
  { name: 'source', type: 'string', nullable: false, description: 'Format of the file.' },
  { name: 'key', type: 'string', nullable: false, description: 'Key of the unfinished job.' },
  { name: 'state', type: 'json', nullable: false, description: 'State of the job.' },
  { name: 'recorded_at', type: 'timestamp', nullable: false, unit: 'UTC', description: 'When the state was stored.' },
] as const satisfies readonly ColumnDefinition[]

/** Stores the state of unfinished jobs in the table `<table>_unfinished` next to the log. */
export interface UnfinishedStore {
  /** Resolves with the state of each key. */
  load(source: string): Promise<ReadonlyMap<string, string>>
  save(source: string, changes: UnfinishedChanges, now: Date): Promise<void>
}

export interface UnfinishedChanges {
  readonly kept: ReadonlyMap<string, string>
  readonly ended: ReadonlySet<string>
}

/** Resolves with undefined if the storage cannot update rows; then jobs cannot be completed by later files. */
export async function unfinishedStore(writer: LogWriter): Promise<UnfinishedStore | undefined> {
  const table = await writer.companion('unfinished', COLUMNS)
  const { merge, delete: remove } = table
  if (!merge || !remove) return undefined
  return {
    async load(source) {
      const states = new Map<string, string>()
      for await (const batch of table.scan({ where: eq('source', source), columns: ['key', 'state'] })) {
        for (const { key, state } of batchRows(batch)) states.set(String(key), String(state))
      }
      return states
    },
    async save(source, { kept, ended }, now) {
      if (kept.size > 0) {
        const rows = [...kept].map(([key, state]) => ({ source, key, state, recorded_at: now }))
        const options = { keys: ['source', 'key'], whenMatched: 'update' } as const
        await merge.call(table, batchFromRows(COLUMNS, rows), options, { batchId: `unfinished:${randomUUID()}` })
      }
      if (ended.size > 0) {
        const where = and(eq('source', source), isIn(column('key'), [...ended]))
        await remove.call(table, where, { batchId: `unfinished:${randomUUID()}` })
      }
    },
  }
}
