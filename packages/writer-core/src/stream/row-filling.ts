import { randomUUID } from 'node:crypto'
import type { WriterConfig } from '../config/writer-config.ts'
import type { RefusedRow, RowRefusal } from '../encode/row-refusal.ts'
import type { LogRowInput } from '../log/row.ts'
import { type RowIntake, validationError } from '../write/row-intake.ts'
import { estimatedRowBytes } from './row-bytes.ts'
import type { SealedQueue } from './sealed-queue.ts'
import type { StreamOptions } from './stream.ts'

/** Number of rows of an array that are encoded together. */
const BLOCK_ROWS = 256
/**
 * The share of `flushBytes` up to which rows gather while others are being written. It keeps the memory of a stream small; the whole of `flushBytes`
 * stores up to 1.8 times as many rows a second in twice the memory, which a larger `flushRows` chooses.
 */
const MAX_GATHERED_SHARE = 1 / 8
/** Maximum number of batches that are being written while rows are added to the next one. */
const MAX_WAITING = 1

/** A block of rows that was added. */
export interface AddedBlock {
  /** The position after its last row. */
  readonly end: number
  /** Resolves when there is room for more. */
  readonly room: Promise<void> | undefined
}

export interface RowFilling {
  /** Adds a row. Returns a promise only if it has to wait, since a promise per row would cost more than the row. */
  add(row: LogRowInput, position: number): Promise<void> | undefined
  /** Adds as many rows of an array as fit into the buffer and into a block. Returns a promise only if the table has to be opened. */
  addBlock(rows: readonly LogRowInput[], start: number): AddedBlock | Promise<AddedBlock>
  /** Passes the rows so far to the queue. */
  seal(): Promise<void>
  /** Passes the rows so far to the queue if they are enough for a flush. */
  sealIfDue(): void
  readonly rowCount: number
}

/** What the rows of a stream need from its writer. */
export interface FillingHost {
  /** The settings of the stream. */
  readonly config: WriterConfig
  newIntake(runId: string): RowIntake
}

/** The options of a stream with their defaults. */
export interface FillingOptions extends StreamOptions {
  readonly flushBytes: number
  readonly flushIntervalMs: number
}

/**
 * Collects rows until they reach the limit of count, bytes or age, and then seals them. While other rows are being written, a stream without a
 * number of rows of its own collects up to a share of the limit of bytes: a fast source then pays for few large commits instead of many small ones.
 */
export function rowFilling(host: FillingHost, queue: SealedQueue, options: FillingOptions): RowFilling {
  const tables = openingTables()
  const buffer = rowBuffer(host, queue, { ...options, afterOpening: tables.afterOpening })
  const handleRefusal = (
    row: LogRowInput,
    position: number,
    refusal: RowRefusal | undefined,
  ): Promise<void> | undefined => {
    if (refusal) throw validationError([{ row: position, ...refusal }])
    return buffer.added(estimatedRowBytes(row))
  }
  const add = (row: LogRowInput, position: number): Promise<void> | undefined => {
    if (tables.opening) return tables.opening.then(() => add(row, position))
    const adding = buffer.intake.add(row)
    if (!(adding instanceof Promise)) return handleRefusal(row, position, adding)
    tables.waitFor(adding)
    return adding.then((refusal) => handleRefusal(row, position, refusal))
  }
  const addBlock = (rows: readonly LogRowInput[], start: number): AddedBlock | Promise<AddedBlock> => {
    if (tables.opening) return tables.opening.then(() => addBlock(rows, start))
    const block = nextBlock(rows, start, buffer.free)
    const blockOf = (refused: RefusedRow | undefined): AddedBlock => {
      if (!refused) return { end: block.end, room: buffer.added(block.bytes) }
      const before = { maxRows: refused.row - start, maxBytes: Number.POSITIVE_INFINITY }
      // What lies before it does not fill the buffer, or the block would have ended there.
      if (refused.row > start) void buffer.added(nextBlock(rows, start, before).bytes)
      throw validationError([refused])
    }
    const adding = buffer.intake.addUntilRefused(rows, start, block.end)
    if (!(adding instanceof Promise)) return blockOf(adding)
    tables.waitFor(adding)
    return adding.then(blockOf)
  }
  return {
    add,
    addBlock,
    seal: () => tables.afterOpening(buffer.seal),
    sealIfDue: () => void tables.afterOpening(buffer.sealIfDue),
    get rowCount() {
      return buffer.intake.rowCount()
    },
  }
}

/** The rows since the last seal. */
interface RowBuffer {
  readonly intake: RowIntake
  /** The number of rows and bytes that it still takes before it is full. */
  readonly free: BlockLimits
  /** Counts the bytes of added rows, and seals the buffer if it is full. Returns a promise if the buffers are full. */
  added(bytes: number): Promise<void> | undefined
  /** Passes the rows to the queue. */
  seal(): void
  sealIfDue(): void
}

function rowBuffer(
  host: FillingHost,
  queue: SealedQueue,
  { runId, flushRows, flushBytes, flushIntervalMs, afterOpening }: FillingOptions & Pick<OpeningTables, 'afterOpening'>,
): RowBuffer {
  const fallbackRunId = runId ?? randomUUID()
  const dueRows = flushRows ?? host.config.batchSize
  let intake = host.newIntake(fallbackRunId)
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  const seal = () => {
    clearTimeout(timer)
    timer = undefined
    bytes = 0
    if (intake.rowCount() === 0) return
    const full = intake
    intake = host.newIntake(fallbackRunId)
    queue.push({
      batches: full.finish(),
      batchId: randomUUID(),
      runId: runId ?? full.firstRunId(),
      rowCount: full.rowCount(),
    })
  }
  const sealAndWrite = () => {
    seal()
    queue.drainInBackground()
  }
  const gatheredBytes = flushRows === undefined ? flushBytes * MAX_GATHERED_SHARE : 0
  const isDue = () => intake.rowCount() >= dueRows || bytes >= flushBytes
  const isFull = () => isDue() && !(queue.isWriting && bytes < gatheredBytes)
  return {
    get intake() {
      return intake
    },
    get free() {
      const rows = intake.rowCount()
      if (rows < dueRows) return { maxRows: dueRows - rows, maxBytes: flushBytes - bytes }
      return { maxRows: Number.POSITIVE_INFINITY, maxBytes: gatheredBytes - bytes }
    },
    added(more) {
      bytes += more
      if (isFull()) {
        sealAndWrite()
        return queue.drain(MAX_WAITING)
      }
      if (timer === undefined && flushIntervalMs > 0) {
        timer = setTimeout(() => void afterOpening(sealAndWrite), flushIntervalMs).unref()
      }
      return undefined
    },
    seal,
    sealIfDue() {
      if (isDue()) sealAndWrite()
    },
  }
}

interface BlockLimits {
  readonly maxRows: number
  readonly maxBytes: number
}

/**
 * Returns the end of the next block of an array, and the estimated bytes of its rows. A block has at least one row, and ends with the one that
 * exceeds a limit.
 */
function nextBlock(
  rows: readonly LogRowInput[],
  start: number,
  { maxRows, maxBytes }: BlockLimits,
): { readonly end: number; readonly bytes: number } {
  const last = Math.min(rows.length, start + Math.min(BLOCK_ROWS, maxRows))
  let [end, bytes] = [start, 0]
  while (end < last && bytes < maxBytes) {
    const row = rows[end++]
    // Whatever is not an object is rejected.
    if (typeof row === 'object' && row !== null) bytes += estimatedRowBytes(row)
  }
  return { end, bytes }
}

/** The opening of tables. A row whose table is being opened is not in the intake yet: later rows and the seal must wait for it. */
interface OpeningTables {
  /** Resolves when the table is open; undefined if none is being opened. */
  readonly opening: Promise<void> | undefined
  waitFor(adding: Promise<unknown>): void
  afterOpening(work: () => void): Promise<void>
}

function openingTables(): OpeningTables {
  let opening: Promise<void> | undefined
  return {
    get opening() {
      return opening
    },
    waitFor(adding) {
      opening = adding.then(noResult, noResult).finally(() => {
        opening = undefined
      })
    },
    async afterOpening(work) {
      while (opening) await opening
      work()
    },
  }
}

function noResult(): void {}
