import type { Readable } from 'node:stream'
import { LOG_COLUMNS, type LogRowInput, type LogWriter } from '@forge/writer-core'
import { assertOptions, option, optionError } from '@forge/writer-core/storage'
import type { AdapterOptions, IngestAdapter } from './adapter.ts'
import { detectFormat } from './detect.ts'
import { type ChunkOptions, createIntake } from './intake.ts'
import { instantReader } from './mapping/instant.ts'
import { shownNames } from './mapping/shown-names.ts'
import { IngestReadError, untilFailure } from './read-failure.ts'
import { type IngestInput, openInput, openStream } from './reading/input.ts'
import { MAX_RECORD_BYTES, TOO_LONG } from './reading/limits.ts'
import { isTooDeep, TOO_DEEP } from './reading/parse-json.ts'
import { partitionOf } from './reading/partition.ts'
import type { IngestReport } from './report.ts'
import { dialectOf } from './rows/csv-dialect.ts'
import { type OuterRun, stepsOfRun } from './steps-of-run.ts'
import { unfinishedStore } from './unfinished.ts'

export interface IngestOptions extends Omit<AdapterOptions, 'instants' | 'partition' | 'unfinished'>, ChunkOptions {
  /** The name of the file in the report. Default: its path. */
  readonly name?: string | undefined
  /** One of {@link FORMATS}. Default: detected from name and content. */
  readonly format?: string | undefined
  /** IANA time zone of times without a zone. Default: UTC, with a warning. */
  readonly timeZone?: string | undefined
  /** Records the rows as steps of this run instead of a run of their own. */
  readonly run?: OuterRun | undefined
  /** The stream that `-` reads. Default: standard input. */
  readonly stdin?: Readable | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Records one file. Rows are merged on {@link INGEST_KEYS} in commits of up to `chunkRows`; invalid records are rejected and reported, all others are
 * stored. `writer` must merge on those keys ({@link ingestConfig}). Resolves with undefined if the format is not recognized. Throws
 * {@link IngestReadError} if the file cannot be read to its end; the records before that point are stored.
 */
export async function ingestFile(
  writer: LogWriter,
  path: string,
  options: IngestOptions = {},
): Promise<IngestReport | undefined> {
  assertOptions('ingest', options, {
    name: option.string,
    format: option.text,
    timeZone: option.text,
    run: option.object,
    stdin: option.object,
    signal: option.signal,
    pipeline: option.string,
    phases: option.object,
    depth: option.oneOf(['sql', 'step']),
    staleAfterMs: option.number({ min: 0 }),
    now: option.clock,
    manifest: option.text,
    onReject: option.action,
    onProgress: option.action,
    chunkRows: option.whole({ min: 1 }),
  })
  const input = await openOrFail(path, options)
  try {
    if (isUtf16(input.head)) throw new IngestReadError(input.name, UTF_16)
    if (isDamagedGzip(input)) throw new IngestReadError(input.name, NO_GZIP)
    const adapter = detectFormat(input, options.format)
    return adapter && (await ingestInput(writer, { input, adapter, options }))
  } finally {
    input.close()
  }
}

const UTF_16 = Object.assign(new RangeError('it is encoded in UTF-16; convert it to UTF-8'), { code: 'UTF_16' })
const NO_GZIP = Object.assign(new Error('not a gzip file'), { code: 'Z_DATA_ERROR' })

/** Returns whether a file has the extension of gzip, but neither is compressed nor begins like a known format. */
function isDamagedGzip({ path, head }: IngestInput): boolean {
  if (path === undefined || !/\.gz$/i.test(path) || head.length === 0) return false
  return !/^(\ufeff?\s*[[{]|PAR1)/.test(Buffer.from(head).toString('utf8')) && !dialectOf(head).isLog
}

/** Returns whether text is UTF-16, as spreadsheets and shells of Windows write it, judged by its byte order mark. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

async function openOrFail(path: string, options: IngestOptions): Promise<IngestInput> {
  const { stdin = process.stdin, name = path, signal } = options
  try {
    return await (path === '-' ? openStream(stdin, { signal }) : openInput(path, { name, signal }))
  } catch (error) {
    signal?.throwIfAborted()
    throw new IngestReadError(name, error)
  }
}

async function ingestInput(
  writer: LogWriter,
  { input, adapter, options }: { input: IngestInput; adapter: IngestAdapter; options: IngestOptions },
): Promise<IngestReport> {
  const startedAt = performance.now()
  const { now = () => new Date(), timeZone } = options
  const instants = readerOf(timeZone)
  const store = adapter.keepsUnfinished ? await unfinishedStore(writer) : undefined
  const unfinished = await store?.load(adapter.format)
  const intake = createIntake({
    writer,
    input,
    format: adapter.format,
    refusal: await rowCheck(writer),
    instants,
    options,
  })
  intake.warnings.push(...ineffectiveOptions(adapter, options))
  let failure: { readonly error: unknown } | undefined
  const partition = partitionOf(input.file)
  const read = adapter.read(input, {
    ...options,
    now,
    instants,
    unfinished,
    partition,
  })
  const items = options.run ? stepsOfRun(read, options.run, adapter.isOneRun === true) : read
  for await (const item of untilFailure(items, (error) => {
    failure = { error }
  })) {
    options.signal?.throwIfAborted()
    await intake.add(item)
  }
  options.signal?.throwIfAborted()
  await intake.flush()
  // Saved after the rows are durable: after a crash in between, the same events are folded again into the same rows.
  await store?.save(adapter.format, intake.unfinished, now())
  if (instants.withoutZone > 0 && timeZone === undefined) {
    intake.warnings.push(`${instants.withoutZone} times have no time zone; UTC is assumed`)
  }
  const report = { ...intake.report(), durationMs: performance.now() - startedAt }
  if (failure) throw new IngestReadError(input.name, failure.error, report)
  return report
}

/** Returns warnings for options that have no effect on this format. */
function ineffectiveOptions({ format, acceptsOptions = [] }: IngestAdapter, options: IngestOptions): string[] {
  const { manifest, depth, staleAfterMs } = options
  return [
    manifest !== undefined && !acceptsOptions.includes('manifest') && 'manifest',
    depth !== undefined && !acceptsOptions.includes(depth) && `depth ${depth}`,
    staleAfterMs !== undefined && !acceptsOptions.includes('staleAfterMs') && 'staleAfterMs',
  ].flatMap((option) => (option ? `${option} has no effect on files of format ${format}` : []))
}

function readerOf(timeZone: string | undefined) {
  try {
    return instantReader(timeZone)
  } catch (error) {
    const problem = 'is not a time zone'
    throw optionError('ingest', [{ setting: 'timeZone', problem, value: timeZone }], [], error)
  }
}

/** Returns a check for problems that the writer would report without naming the row. */
async function rowCheck(writer: LogWriter): Promise<(row: LogRowInput) => string | undefined> {
  const { schemaValidationMode, enableSchemaEvolution } = writer.config
  const table = await writer.table()
  const { columns } = await table.info()
  const known = new Set<string>([...LOG_COLUMNS, ...columns].map((column) => column.name))
  const takesUnknown = schemaValidationMode === 'lenient' || enableSchemaEvolution
  return (row) => {
    const unknown = takesUnknown
      ? []
      : Object.keys(row).filter((name) => !known.has(name) && Reflect.get(row, name) !== undefined)
    if (unknown.length > 0) return `unknown field ${shownNames(unknown)}`
    if (typeof row.metadata !== 'string') return undefined
    if (row.metadata.length > MAX_RECORD_BYTES) return TOO_LONG
    if (isTooDeep(row.metadata)) return `metadata is ${TOO_DEEP}`
    return undefined
  }
}
