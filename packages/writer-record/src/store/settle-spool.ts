import { and, eq, isWriterError, jsonField, type LogWriter, ne } from '@forge/writer-core'
import { assertOptions, DAY_MS, option } from '@forge/writer-core/storage'
import type { SpoolEntry } from '../spool/entry.ts'
import { livenessOf, STALE_AFTER_MS } from '../spool/liveness.ts'
import {
  isMarkedLost,
  markLost,
  readSpoolFile,
  readSpoolFolder,
  removeOldMarks,
  removeSpoolFile,
  type SpoolFile,
  unmarkLost,
} from '../spool/spool-file.ts'
import { spoolFolders } from '../spool/spool-folder.ts'
import { type Death, endedRows, lostRows } from './entry-rows.ts'
import { batchIdOf, exactRows, type RowBatch, writeBatch } from './row-batch.ts'

export interface SettleOptions {
  /** The folders of the spool. Default: those of the storage of the writer. */
  readonly folders?: readonly string[] | undefined
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  /** Milliseconds without a heartbeat after which a run of another host counts as lost. Default: 300,000. */
  readonly staleAfterMs?: number | undefined
  /** Called with a run that has ended, once its rows are stored and before it leaves the spool. */
  readonly onStored?: ((entry: SpoolEntry) => Promise<void>) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface SettleReport {
  /** The runs whose end was stored. */
  readonly ended: readonly SpoolEntry[]
  /** The runs that were stored as lost. */
  readonly lost: readonly SpoolEntry[]
}

/** The time for which the end of a run of another host may still arrive after the run was declared lost. */
const KEEP_MARKS_MS = 7 * DAY_MS

/**
 * Stores the runs in the spool that have ended or died; those that go on stay. A run is stored once, whatever number of processes do this at once. A
 * run that was declared lost because its host did not report gets its real outcome when its end arrives. Throws the error of the writer; the runs that
 * are not stored by then stay in the spool. Rows that the writer does not accept do not keep other runs from being stored.
 */
export async function settleSpool(writer: LogWriter, options: SettleOptions = {}): Promise<SettleReport> {
  assertOptions('settleSpool', options, {
    folders: option.list(option.text),
    now: option.clock,
    staleAfterMs: option.number({ min: 0 }),
    onStored: option.action,
    signal: option.signal,
  })
  const {
    folders = foldersOf(writer),
    now = () => new Date(),
    staleAfterMs = STALE_AFTER_MS,
    onStored,
    signal,
  } = options
  const report = { ended: [] as SpoolEntry[], lost: [] as SpoolEntry[] }
  const refusals: unknown[] = []
  const settle = async (file: SpoolFile) => {
    const liveness = livenessOf(file, { now: now(), staleAfterMs })
    if (liveness.state === 'ended') {
      await storeEnd(writer, file, onStored)
      report.ended.push(file.entry)
    } else if (liveness.state === 'lost') {
      const isLost = await storeLoss(writer, file, { ...liveness, heartbeatMs: file.heartbeatMs })
      if (isLost) report.lost.push(file.entry)
    }
  }
  for (const file of folders.flatMap(readSpoolFolder)) {
    signal?.throwIfAborted()
    if (!belongsTo(file.entry, writer)) continue
    await settle(file).catch((error: unknown) => {
      // The other runs must not wait for rows that this writer does not accept.
      if (!isRefusal(error)) throw error
      refusals.push(error)
    })
  }
  for (const folder of folders) removeOldMarks(folder, now().getTime() - KEEP_MARKS_MS)
  if (refusals.length > 0) throw refusals[0]
  return report
}

/** Returns whether a write failed because of its rows, not because of the storage. */
function isRefusal(error: unknown): boolean {
  return (['VALIDATION', 'DATA_QUALITY', 'SCHEMA'] as const).some((code) => isWriterError(error, code))
}

/** Returns whether the spool has something to store. Reads files only. */
export function needsSettling(
  folders: readonly string[],
  options: { readonly now?: (() => Date) | undefined; readonly staleAfterMs?: number | undefined } = {},
): boolean {
  assertOptions('needsSettling', options, { now: option.clock, staleAfterMs: option.number({ min: 0 }) })
  const { now = () => new Date(), staleAfterMs = STALE_AFTER_MS } = options
  const at = now()
  return folders
    .flatMap(readSpoolFolder)
    .some((file) => ['ended', 'lost'].includes(livenessOf(file, { now: at, staleAfterMs }).state))
}

function foldersOf({ storage }: LogWriter): readonly string[] {
  return spoolFolders(storage.location)
}

/** A run whose table is unknown belongs to the table of the process that finds it. */
function belongsTo({ table }: SpoolEntry, { config }: LogWriter): boolean {
  return table === undefined || (table.schema === config.tableSchema && table.name === config.tableName)
}

async function storeEnd(
  writer: LogWriter,
  { path, entry }: SpoolFile,
  onStored: SettleOptions['onStored'],
): Promise<void> {
  // Another process may have stored it since the folder was read.
  if (readSpoolFile(path) === undefined) return
  const kept = entry.batches?.map(({ id, rows }) => ({ id, rows: exactRows(rows) }))
  await storeBatches(writer, {
    path,
    entry,
    batches: kept ?? [{ id: batchIdOf(entry.identity, END), rows: endedRows(entry) }],
    onStored,
  })
}

interface EndedRun {
  /** The file in the spool and its content; undefined for a run without a file. */
  readonly path: string | undefined
  readonly entry: SpoolEntry | undefined
  readonly batches: readonly RowBatch[]
  readonly onStored?: SettleOptions['onStored'] | undefined
}

/** Stores the rows of a run that has ended, removes the rows about its loss, and removes it from the spool. */
export async function storeBatches(writer: LogWriter, { path, entry, batches, onStored }: EndedRun): Promise<void> {
  for (const batch of batches) await writeBatch(writer, batch)
  if (path === undefined || entry === undefined) return
  await onStored?.(entry)
  if (isMarkedLost(path)) {
    // The mark is removed first: a process that stores the loss at this moment notices that and takes it back.
    unmarkLost(path)
    await takeBackLoss(writer, entry)
  }
  removeSpoolFile(path)
}

/** Stores that a run is lost. Resolves with false if its end arrived in the meantime. */
async function storeLoss(
  writer: LogWriter,
  file: SpoolFile,
  death: Death & { readonly isProven: boolean },
): Promise<boolean> {
  const { path, entry } = file
  if (await isStored(writer, entry)) {
    // The process was killed after its end was stored.
    removeSpoolFile(path)
    return false
  }
  const lost = { id: batchIdOf(entry.identity, 'lost'), rows: lostRows(entry, death) }
  if (death.isProven) {
    // A process may have written the end between the reading of the file and its death.
    const latest = readSpoolFile(path)
    if (latest === undefined || latest === 'damaged' || latest.entry.state === 'ended') return false
    await writeBatch(writer, lost)
    removeSpoolFile(path)
    return true
  }
  if (!markLost(path)) return false
  await writeBatch(writer, lost)
  if (isMarkedLost(path)) return true
  await takeBackLoss(writer, entry)
  return false
}

/** Removes the rows by which a run was declared lost. A storage that cannot delete keeps them; the row of the end is newer. */
async function takeBackLoss(writer: LogWriter, entry: SpoolEntry): Promise<void> {
  const table = await writer.table()
  const where = and(
    eq('run_id', entry.identity.runId),
    eq(jsonField('metadata', 'span_id'), entry.identity.spanId),
    eq(jsonField('metadata', 'status'), 'lost'),
  )
  await table.delete?.(where, { batchId: batchIdOf(entry.identity, 'found') })
}

/** Returns whether the end of a run is stored: as a batch of its own, or as a row among those of a stream. */
async function isStored(writer: LogWriter, { identity }: SpoolEntry): Promise<boolean> {
  const table = await writer.table()
  if ((await table.findBatch(batchIdOf(identity, END))) !== undefined) return true
  if (!(await table.info()).exists) return false
  const where = and(
    eq('run_id', identity.runId),
    eq('step_type', 'run'),
    eq(jsonField('metadata', 'span_id'), identity.spanId),
    ne(jsonField('metadata', 'status'), 'lost'),
  )
  const [{ rows } = { rows: 0 }] = await table.aggregate({ where, measures: [{ as: 'rows', fn: 'count' }] })
  return Number(rows) > 0
}

const END = 'end'
