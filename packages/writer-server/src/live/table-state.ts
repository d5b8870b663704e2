import { anomalyTable } from '@forge/writer-anomaly'
import type { TableSource } from '@forge/writer-core'
import { sharedCalls } from './shared-calls.ts'

/** A state of the log, and of the anomalies that are stored next to it. */
export interface TableState {
  /** A text that differs from that of every other state. */
  readonly id: string
  /** The version of the log; -1 if it does not exist. */
  readonly version: number
  readonly rows: number
}

/** Returns a function that reads the current state. It opens the storage only if that has changed, if the storage can say so. */
export function stateReader(source: TableSource): () => Promise<TableState> {
  let known: { readonly mark: string; readonly state: TableState } | undefined
  return sharedCalls(async () => {
    // The mark is read first: what changes after it changes the mark again.
    const mark = await source.storage.changeMark?.()
    if (mark !== undefined && known?.mark === mark) return known.state
    const state = await readState(source)
    known = mark === undefined ? undefined : { mark, state }
    return state
  })
}

async function readState(source: TableSource): Promise<TableState> {
  const log = await (await source.table()).info()
  const anomalies = await (await anomalyTable(source)).info()
  const id = anomalies.version < 0 ? `${log.version}` : `${log.version}-${anomalies.version}`
  return { id, version: log.version, rows: log.exists ? log.rowCount : 0 }
}
