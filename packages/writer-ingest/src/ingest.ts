import type { Readable } from 'node:stream'
import { LOG_COLUMNS, type LogRowInput, type LogWriter, WriterConfigurationError } from '@forge/writer-core'
import type { AdapterOptions, IngestAdapter, Position } from './adapter.ts'
import { canonical } from './batch-identity.ts'
import { type PendingRow, writeChunk } from './chunk-writer.ts'
import { detectFormat } from './detect.ts'
import { instantReader } from './mapping/instant.ts'
import { type IngestInput, openInput, openStream } from './reading/input.ts'
import { MAX_RECORD_BYTES, MAX_REJECT_CHARACTERS, TOO_LONG } from './reading/limits.ts'
import type { IngestReport, Reject } from './report.ts'

export interface IngestOptions extends Omit<AdapterOptions, 'instants'> {
  /** One of {@link FORMATS}. Default: recognised by name and content. */
  readonly format?: string
  /** IANA zone of times that are written without one. Default: UTC, with a warning. */
  readonly timeZone?: string
  /** Takes each record that was refused; a promise is waited for. */
  readonly onReject?: (reject: Reject) => Promise<void> | void
  /** Called after each chunk with the records so far. */
  readonly onProgress?: (progress: { readonly file: string; readonly records: number }) => void
  /** Rows per commit. Default 10,000. */
  readonly chunkRows?: number
  /** What `-` reads. Default: standard input. */
  readonly stdin?: Readable
  readonly signal?: AbortSignal
}

const CHUNK_ROWS = 10_000
const MOST_RUNS = 100
const TIME_COLUMNS = LOG_COLUMNS.filter((column) => column.type === 'timestamp').map((column) => column.name)

/**
 * Records one file: each row is merged on {@link INGEST_KEYS}, in commits of up to `chunkRows`; what is no valid record is refused and reported, the
 * rest goes in. `writer` has to merge on those keys ({@link ingestConfig}). Undefined where the format is not recognised.
 */
export async function ingestFile(
  writer: LogWriter,
  path: string,
  options: IngestOptions = {},
): Promise<IngestReport | undefined> {
  const input = path === '-' ? await openStream(options.stdin ?? process.stdin) : await openInput(path)
  try {
    const adapter = detectFormat(input, options.format)
    return adapter && (await ingestInput(writer, { input, adapter, options }))
  } finally {
    input.close()
  }
}

async function ingestInput(
  writer: LogWriter,
  { input, adapter, options }: { input: IngestInput; adapter: IngestAdapter; options: IngestOptions },
): Promise<IngestReport> {
  const startedAt = performance.now()
  const instants = readerOf(options.timeZone)
  const refusal = await rowCheck(writer)
  const totals = {
    records: 0,
    written: 0,
    alreadyThere: 0,
    replaced: 0,
    rejected: 0,
    folded: 0,
    pending: 0,
    ignored: 0,
  }
  const warnings: string[] = []
  const runs = new Set<string>()
  let chunk: PendingRow[] = []
  const reject = async (position: Position, reason: string, record: string) => {
    totals.rejected++
    await options.onReject?.({ file: input.name, ...position, reason, record: record.slice(0, MAX_REJECT_CHARACTERS) })
  }
  const flush = async () => {
    const result = await writeChunk(writer, { rows: chunk, source: adapter.format, kind: 'rows' })
    chunk = []
    totals.written += result.written
    totals.alreadyThere += result.alreadyThere
    totals.replaced += result.replaced
    for (const { pending, reason } of result.rejected) await reject(pending.position, reason, canonical(pending.row))
    options.onProgress?.({ file: input.name, records: totals.records })
  }
  for await (const item of adapter.read(input, { ...options, instants })) {
    options.signal?.throwIfAborted()
    if (item.kind === 'warning') {
      warnings.push(item.text)
      continue
    }
    if (item.kind === 'folded' || item.kind === 'pending' || item.kind === 'ignored') {
      totals.records += item.count ?? 1
      totals[item.kind] += item.count ?? 1
      continue
    }
    totals.records++
    if (item.kind === 'reject') {
      await reject(item.position, item.reason, item.record)
      continue
    }
    const problem = refusal(item.row)
    if (problem !== undefined) {
      await reject(item.position, problem, canonical(item.row))
      continue
    }
    if (item.row.run_id && runs.size < MOST_RUNS) runs.add(item.row.run_id)
    chunk.push({ row: withInstants(item.row, instants.read), position: item.position })
    if (chunk.length >= (options.chunkRows ?? CHUNK_ROWS)) await flush()
  }
  if (chunk.length > 0) await flush()
  if (instants.withoutZone > 0 && options.timeZone === undefined) {
    warnings.push(`${instants.withoutZone} times have no zone and are taken as UTC`)
  }
  const durationSecs = (performance.now() - startedAt) / 1000
  return { file: input.name, format: adapter.format, ...totals, runs: [...runs], warnings, durationSecs }
}

function readerOf(timeZone: string | undefined) {
  try {
    return instantReader(timeZone)
  } catch (error) {
    throw new WriterConfigurationError(`there is no time zone ${timeZone}`, { context: { timeZone }, cause: error })
  }
}

/** Tells what is wrong with a row that the writer would refuse without saying which row it is. */
async function rowCheck(writer: LogWriter): Promise<(row: LogRowInput) => string | undefined> {
  const { schemaValidationMode, enableSchemaEvolution } = writer.config
  const table = await writer.table()
  const { columns } = await table.info()
  const known = new Set<string>([...LOG_COLUMNS, ...columns].map((column) => column.name))
  const takesUnknown = schemaValidationMode === 'lenient' || enableSchemaEvolution
  return (row) => {
    const unknown = takesUnknown ? [] : Object.keys(row).filter((name) => !known.has(name) && row[name] !== undefined)
    if (unknown.length > 0) return `unknown field ${unknown.join(', ')}`
    if (typeof row.metadata === 'string' && row.metadata.length > MAX_RECORD_BYTES) return TOO_LONG
    return undefined
  }
}

/** The row with its times in UTC and with a zone; what is no time is left for the writer to refuse. */
function withInstants(row: LogRowInput, read: (text: string) => string | undefined): LogRowInput {
  const times = TIME_COLUMNS.flatMap((name) => {
    const value = row[name]
    const time = typeof value === 'string' ? read(value) : undefined
    return time === undefined ? [] : [[name, time] as const]
  })
  return times.length === 0 ? row : { ...row, ...Object.fromEntries(times) }
}
