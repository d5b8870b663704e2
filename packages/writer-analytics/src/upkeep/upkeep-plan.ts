import type { LogTable, TableHistory, TableInfo, TableSource } from '@forge/writer-core'
import { megabytes, settledSource } from '@forge/writer-core/storage'
import { assertTableOption, type TableOption } from '../reading/table-option.ts'

/** The upkeep that a table needs, with the reasons. */
export interface UpkeepPlan {
  readonly tableFqn: string
  readonly exists: boolean
  /** `optimize`, `vacuum`, `analyze`, in the order in which they are to be done. */
  readonly steps: readonly UpkeepStep[]
}

export interface UpkeepStep {
  readonly operation: 'optimize' | 'vacuum' | 'analyze'
  readonly isNeeded: boolean
  /** The reason, with the figures that decided it. */
  readonly reason: string
}

const MAX_SMALL_FILES = 16
/** The number of versions up to which a database handles small writes well. */
const MAX_VERSIONS = 200
/** The minimum of freed space, in bytes and as a share of the table, that is worth rewriting a file. */
const MIN_FREED_BYTES = 1024 * 1024
const MIN_FREED_SHARE = 0.1
const MAX_CHANGED_SHARE = 0.2
const READ_VERSIONS = 10_000

/** Examines files, fragments, free space and the age of the statistics. Changes nothing. */
export async function planUpkeep(given: TableSource, options: TableOption = {}): Promise<UpkeepPlan> {
  assertTableOption('planUpkeep', options)
  const source = settledSource(given)
  const table = await source.table(options)
  const info = await table.info()
  const plan = { tableFqn: `${table.ref.schema}.${table.ref.name}`, exists: info.exists }
  if (!info.exists) return { ...plan, steps: [] }
  const history = await table.history?.({ limit: READ_VERSIONS })
  const changes = changesSince(history)
  return {
    ...plan,
    steps: [
      optimizeStep(table, info, { changes, maxFileSizeMb: source.config.maxFileSizeMb }),
      await vacuumStep(table, info),
      analyzeStep(table, info, changes),
    ],
  }
}

/** The changes since the last upkeep; undefined if the storage keeps no history. */
interface Changes {
  readonly versions: number
  readonly rows: number
}

const UPKEEP = new Set(['optimize', 'vacuum', 'migrate'])

function changesSince(history: TableHistory | undefined): Changes | undefined {
  if (!history) return undefined
  const last = history.versions.findIndex(({ operation }) => UPKEEP.has(operation))
  const since = last === -1 ? history.versions : history.versions.slice(0, last)
  return {
    versions: since.length,
    rows: since.reduce((sum, { rowsAdded, rowsRemoved }) => sum + rowsAdded + rowsRemoved, 0),
  }
}

function optimizeStep(
  table: LogTable,
  { files, sizeBytes }: TableInfo,
  { changes, maxFileSizeMb }: { readonly changes: Changes | undefined; readonly maxFileSizeMb: number },
): UpkeepStep {
  const step = (isNeeded: boolean, reason: string): UpkeepStep => ({ operation: 'optimize', isNeeded, reason })
  if (!table.optimize) return step(false, 'the storage cannot optimize')
  if (files <= 1) {
    const versions = changes?.versions ?? 0
    const reason = `${versions} versions since the last upkeep`
    return versions >= MAX_VERSIONS ? step(true, `fragments of ${reason}`) : step(false, `one file, ${reason}`)
  }
  const averageMb = megabytes(sizeBytes / files)
  const reason = `${files} files of ${averageMb.toFixed(2)} MB on average; the target is ${maxFileSizeMb} MB`
  return step(files >= MAX_SMALL_FILES && averageMb < maxFileSizeMb / 2, reason)
}

async function vacuumStep(table: LogTable, { sizeBytes }: TableInfo): Promise<UpkeepStep> {
  const step = (isNeeded: boolean, reason: string): UpkeepStep => ({ operation: 'vacuum', isNeeded, reason })
  const found = await table.vacuum?.({ dryRun: true })
  if (!found) return step(false, 'the storage cannot vacuum')
  const { bytesFreed } = found
  const reason = `${megabytes(bytesFreed).toFixed(2)} MB can be freed, next to ${megabytes(sizeBytes).toFixed(2)} MB of the table`
  return step(bytesFreed >= MIN_FREED_BYTES && bytesFreed >= sizeBytes * MIN_FREED_SHARE, reason)
}

function analyzeStep(table: LogTable, { rowCount }: TableInfo, changes: Changes | undefined): UpkeepStep {
  const step = (isNeeded: boolean, reason: string): UpkeepStep => ({ operation: 'analyze', isNeeded, reason })
  if (!table.analyze) return step(false, 'the storage keeps statistics with each file')
  if (!changes) return step(true, 'the age of the statistics is unknown')
  const reason = `${changes.rows} rows changed since the last upkeep, of ${rowCount}`
  return step(changes.rows > 0 && changes.rows >= rowCount * MAX_CHANGED_SHARE, reason)
}
