import { createHash } from 'node:crypto'
import type { LogTable, TableSource } from '@forge/writer-core'
import type { RunningWork } from '@forge/writer-report/pages'
import { sharedCalls } from './shared-calls.ts'

/** A state of the log, of the tables next to it that pages show, and of what is running. */
export interface TableState {
  /** A text that differs from that of every other state. */
  readonly id: string
  /** The version of the log; -1 if it does not exist. */
  readonly version: number
  readonly rows: number
  /** The runs and steps that have started and have no end in the log. */
  readonly running: readonly RunningWork[]
}

export interface StateReaderOptions {
  readonly source: TableSource
  readonly readRunning: (() => readonly RunningWork[] | Promise<readonly RunningWork[]>) | undefined
}

type Tables = Omit<TableState, 'running'>

/** The tables next to the log whose rows pages show. */
const SHOWN = ['anomalies', 'anomaly_feedback', 'quality', 'quarantine'] as const

/** Returns a function that reads the current state. It opens the storage only if that has changed, if the storage can say so. */
export function stateReader({ source, readRunning }: StateReaderOptions): () => Promise<TableState> {
  let known: { readonly mark: string; readonly tables: Tables } | undefined
  const readKnown = async () => {
    // The mark is read first: what changes after it changes the mark again.
    const mark = await source.storage.changeMark?.()
    if (mark !== undefined && known?.mark === mark) return known.tables
    const tables = await readTables(source)
    known = mark === undefined ? undefined : { mark, tables }
    return tables
  }
  return sharedCalls(async () => {
    const tables = await readKnown()
    const running = (await readRunning?.()) ?? []
    return { ...tables, running, id: [tables.id, ...runningMark(running)].join('-') }
  })
}

async function readTables(source: TableSource): Promise<Tables> {
  const { tableName } = source.config
  const names = [undefined, ...SHOWN.map((suffix) => `${tableName}_${suffix}`)]
  const tables = await Promise.all(names.map((table) => source.table({ table })))
  let [log, ...others] = await Promise.all(tables.map((table) => table.info()))
  if (!log) throw new TypeError('the log has no facts')
  let last = source.storage.changeMark && log.exists ? await readLastWrite(tables[0]) : undefined
  // A write in between would mix two states: the rows of the one before with the last write of the one after.
  while (last && last.version > log.version) {
    ;[log = log, ...others] = await Promise.all(tables.map((table) => table.info()))
    last = await readLastWrite(tables[0])
  }
  // A file may be replaced by another one of the same version.
  const origin = last ? [shortHash(`${last.timestamp} ${last.batchId}`)] : []
  const isAlone = others.every(({ version }) => version < 0)
  const versions = isAlone ? [log.version] : [log, ...others].map(({ version }) => version + 1)
  // A table that was removed and created again may have the same version.
  const identities = [log, ...others].map(({ identity }) => identity ?? '')
  const marks = identities.every((each) => each === '') ? [] : [shortHash(identities.join())]
  return { id: [...versions, ...marks, ...origin].join('.'), version: log.version, rows: log.exists ? log.rowCount : 0 }
}

async function readLastWrite(table: LogTable | undefined) {
  const [last] = (await table?.history?.({ limit: 1 }))?.versions ?? []
  return last
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 10)
}

/** Returns a text about what is running, which does not change while nothing starts or ends; nothing if nothing runs. */
function runningMark(running: readonly RunningWork[]): string[] {
  if (running.length === 0) return []
  const texts = running.map(({ runId, pipelineId, step, state, startedAt }) =>
    JSON.stringify([runId, pipelineId, step, state, startedAt]),
  )
  return [shortHash(texts.sort().join())]
}
