import { LOG_COLUMNS, type LogRowInput, type LogWriter } from '@forge/writer-core'
import type { IngestItem, Position } from './adapter.ts'
import { canonical } from './batch-identity.ts'
import { type PendingRow, writeChunk } from './chunk-writer.ts'
import { countFailures } from './failures.ts'
import type { InstantReader } from './mapping/instant.ts'
import type { IngestInput } from './reading/input.ts'
import { MAX_CHUNK_CHARACTERS, MAX_REJECT_CHARACTERS, textLength } from './reading/limits.ts'
import type { IngestReport, Reject } from './report.ts'
import type { UnfinishedChanges } from './unfinished.ts'

const CHUNK_ROWS = 10_000
const MAX_RUNS = 100
/** Longer ids are left out of the report. */
const MAX_RUN_ID = 1000
const NOTHING = { records: 0, written: 0, alreadyThere: 0, replaced: 0, rejected: 0, folded: 0, pending: 0, ignored: 0 }
// Nearly all times have this form, which the writer reads itself: parsing them here as well would cost a fifth of the time.
const UTC_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/
const TIME_COLUMNS = LOG_COLUMNS.filter((column) => column.type === 'timestamp').map((column) => column.name)

/** Processes the items of one file: counts them, writes rows in chunks, and reports rejects. */
export interface Intake {
  add(item: IngestItem): Promise<void>
  /** Writes the buffered rows. */
  flush(): Promise<void>
  readonly warnings: string[]
  readonly unfinished: UnfinishedChanges
  report(): Omit<IngestReport, 'durationMs'>
}

/** The options of writing in chunks. */
export interface ChunkOptions {
  /** Called for each rejected record; a returned promise is awaited. */
  readonly onReject?: ((reject: Reject) => Promise<void> | void) | undefined
  /** Called after each chunk with the number of records so far. */
  readonly onProgress?: ((progress: { readonly file: string; readonly records: number }) => void) | undefined
  /** The maximum number of rows per commit; rows with long texts are written in smaller commits. Default: 10,000. */
  readonly chunkRows?: number | undefined
}

export interface IntakeOptions {
  readonly writer: LogWriter
  readonly input: IngestInput
  readonly format: string
  /** Returns why the writer would refuse a row; undefined if it would not. */
  readonly refusal: (row: LogRowInput) => string | undefined
  readonly instants: InstantReader
  readonly options: ChunkOptions
}

export function createIntake({ writer, input, format, refusal, instants, options }: IntakeOptions): Intake {
  const { chunkRows = CHUNK_ROWS, onReject, onProgress } = options
  const counts = { ...NOTHING }
  const warnings: string[] = []
  const runs = new Set<string>()
  const failed = countFailures()
  const kept = new Map<string, string>()
  const ended = new Set<string>()
  const chunk = createChunk(chunkRows)

  const reject = async (position: Position, reason: string, record: string) => {
    counts.rejected++
    await onReject?.({ file: input.name, ...position, reason, record: record.slice(0, MAX_REJECT_CHARACTERS) })
  }
  const count = (kind: 'folded' | 'pending' | 'ignored', records = 1) => {
    counts.records += records
    counts[kind] += records
  }
  const flush = async () => {
    const rows = chunk.take()
    if (rows.length === 0) return
    const result = await writeChunk(writer, { rows, source: format, kind: 'rows' })
    counts.written += result.written
    counts.alreadyThere += result.alreadyThere
    counts.replaced += result.replaced
    for (const { pending, reason } of result.rejected) await reject(pending.position, reason, canonical(pending.row))
    onProgress?.({ file: input.name, records: counts.records })
  }
  const addRow = async (row: LogRowInput, position: Position) => {
    const problem = refusal(row)
    if (problem !== undefined) return reject(position, problem, canonical(row))
    if (row.run_id && runs.size < MAX_RUNS && row.run_id.length <= MAX_RUN_ID) runs.add(row.run_id)
    failed.add(row)
    if (chunk.add({ row: withInstants(row, instants.read), position })) await flush()
  }
  return {
    async add(item) {
      switch (item.kind) {
        case 'row':
          counts.records++
          return addRow(item.row, item.position)
        case 'reject':
          counts.records++
          return reject(item.position, item.reason, item.record)
        case 'warning':
          warnings.push(item.text)
          return
        case 'pending':
          if (item.key !== undefined && item.state !== undefined) kept.set(item.key, item.state)
          return count('pending', item.count)
        case 'ended':
          ended.add(item.key)
          return
        case 'folded':
        case 'ignored':
          return count(item.kind, item.count)
      }
    },
    flush,
    warnings,
    unfinished: { kept, ended },
    report: () => {
      const { failedRows, failures } = failed
      return { file: input.name, format, ...counts, runs: [...runs], failedRows, failures, warnings }
    },
  }
}

/** The rows of the next commit. */
interface Chunk {
  /** Returns true if the rows should be written now. */
  add(row: PendingRow): boolean
  /** Returns the rows, and starts again without any. */
  take(): readonly PendingRow[]
}

function createChunk(maxRows: number): Chunk {
  let rows: PendingRow[] = []
  let characters = 0
  return {
    add(pending) {
      rows.push(pending)
      characters += textLength(pending.row)
      return rows.length >= maxRows || characters >= MAX_CHUNK_CHARACTERS
    },
    take() {
      const taken = rows
      rows = []
      characters = 0
      return taken
    },
  }
}

/** Returns the row with its times in UTC and with a zone. An invalid time is left unchanged, and the writer rejects it. */
function withInstants(row: LogRowInput, read: (text: string) => string | undefined): LogRowInput {
  const times = TIME_COLUMNS.flatMap((name) => {
    const value = row[name]
    const time = typeof value === 'string' && !UTC_FORM.test(value) ? read(value) : undefined
    return time === undefined ? [] : [[name, time] as const]
  })
  return times.length === 0 ? row : { ...row, ...Object.fromEntries(times) }
}
