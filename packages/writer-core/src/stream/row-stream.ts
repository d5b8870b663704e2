import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import type { WriterConfig } from '../config/writer-config.ts'
import { traceCall } from '../diagnostics/trace-call.ts'
import type { RowRefusal } from '../encode/row-refusal.ts'
import { WriterTableError } from '../errors/kinds.ts'
import type { LogRowInput } from '../log/row.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import { type RowIntake, validationError } from '../write/row-intake.ts'
import type { SealedRows } from '../write/row-writer.ts'
import { estimatedRowBytes } from './row-bytes.ts'
import { type SealedQueue, sealedQueue } from './sealed-queue.ts'
import type { LogStream, StreamOptions } from './stream.ts'

/** What a stream needs from its writer. */
export interface StreamHost {
  /** The settings of the stream. */
  readonly config: WriterConfig
  newIntake(runId: string): RowIntake
  /** Writes rows and resolves with the number of rows, once they are durable. */
  write(sealed: SealedRows): Promise<number>
  /** Called once, when the stream is closed. */
  closed(stream: LogStream): void
}

const DEFAULT_FLUSH_BYTES = 16 * 1024 * 1024
const DEFAULT_INTERVAL_MS = 5000
/** Maximum time in milliseconds to add rows before yielding to other work, and the number of rows after which the clock is checked. */
const MAX_TURN_MS = 10
const ROWS_PER_LOOK = 64
/** Maximum number of batches that are being written while rows are added to the next one. */
const MAX_WAITING = 1

export function rowStream(host: StreamHost, options: StreamOptions = {}): LogStream {
  const queue = sealedQueue(host.write)
  const filling = rowFilling(host, queue, checkOptions(options))
  let isClosed = false
  let closing: Promise<void> | undefined
  const flush = () =>
    traceCall('flush', { bufferedRows: filling.rowCount + queue.waitingRows }, async () => {
      await filling.seal()
      await queue.drain(0)
    })
  // Running calls must also fail: rows that they add after the last flush would be lost silently.
  const assertOpen = () => {
    if (isClosed || closing) throw new WriterTableError('the stream is closed', { committed: 'no' })
  }
  const add = (row: LogRowInput, position: number) => {
    assertOpen()
    return filling.add(row, position)
  }
  const closeNow = async () => {
    try {
      await flush()
      isClosed = true
      host.closed(stream)
    } finally {
      closing = undefined
    }
  }
  const stream: LogStream = {
    config: host.config,
    async write(rows) {
      assertOpen()
      queue.throwFailure()
      let position = 0
      if (isAsync(rows)) for await (const row of rows) await add(row, position++)
      else {
        let turnMs = performance.now()
        for (const row of isIterable(rows) ? rows : [rows]) {
          const waiting = add(row, position++)
          if (waiting) await waiting
          if (position % ROWS_PER_LOOK !== 0 || performance.now() - turnMs < MAX_TURN_MS) continue
          await setImmediate()
          turnMs = performance.now()
        }
      }
    },
    async flush() {
      if (!isClosed) await flush()
    },
    async close() {
      if (isClosed) return
      closing ??= closeNow()
      await closing
    },
    get bufferedRows() {
      return filling.rowCount + queue.waitingRows
    },
    get rowsWritten() {
      return queue.rowsWritten
    },
    [Symbol.asyncDispose]: () => stream.close(),
  }
  return stream
}

interface RowFilling {
  /** Adds a row. Returns a promise only if it has to wait, since a promise per row would cost more than the row. */
  add(row: LogRowInput, position: number): Promise<void> | undefined
  /** Passes the rows so far to the queue. */
  seal(): Promise<void>
  readonly rowCount: number
}

/** Collects rows until they reach the limit of count, bytes or age, and then seals them. */
function rowFilling(host: StreamHost, queue: SealedQueue, options: ReturnType<typeof checkOptions>): RowFilling {
  const { runId, flushRows, flushBytes, flushIntervalMs } = options
  const fallbackRunId = runId ?? randomUUID()
  let intake = host.newIntake(fallbackRunId)
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  // A row whose table is being opened is not in the intake yet: later rows and the seal must wait for it.
  let opening: Promise<void> | undefined

  const sealNow = () => {
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
    sealNow()
    queue.drainInBackground()
  }
  const afterOpening = async (work: () => void) => {
    while (opening) await opening
    work()
  }
  const handleRefusal = (
    row: LogRowInput,
    position: number,
    refusal: RowRefusal | undefined,
  ): Promise<void> | undefined => {
    if (refusal) throw validationError([{ row: position, ...refusal }])
    bytes += estimatedRowBytes(row)
    if (intake.rowCount() >= (flushRows ?? host.config.batchSize) || bytes >= flushBytes) {
      sealAndWrite()
      return queue.drain(MAX_WAITING)
    }
    if (timer === undefined && flushIntervalMs > 0) {
      timer = setTimeout(() => void afterOpening(sealAndWrite), flushIntervalMs).unref()
    }
    return undefined
  }
  const add = (row: LogRowInput, position: number): Promise<void> | undefined => {
    if (opening) return opening.then(() => add(row, position))
    const adding = intake.add(row)
    if (!(adding instanceof Promise)) return handleRefusal(row, position, adding)
    opening = adding.then(noResult, noResult).finally(() => {
      opening = undefined
    })
    return adding.then((refusal) => handleRefusal(row, position, refusal))
  }
  return {
    add,
    seal: () => afterOpening(sealNow),
    get rowCount() {
      return intake.rowCount()
    },
  }
}

function noResult(): void {}

type Rows = Parameters<LogStream['write']>[0]

function isAsync(rows: Rows): rows is AsyncIterable<LogRowInput> {
  return typeof rows === 'object' && rows !== null && Symbol.asyncIterator in rows
}

function isIterable(rows: Rows): rows is Iterable<LogRowInput> {
  return typeof rows === 'object' && rows !== null && Symbol.iterator in rows
}

/** The longest time that a timer of Node waits. */
const MAX_TIMER_MS = 2 ** 31 - 1

function checkOptions(options: StreamOptions) {
  const { runId, flushRows, flushBytes = DEFAULT_FLUSH_BYTES, flushIntervalMs = DEFAULT_INTERVAL_MS } = options
  assertOptions('stream', options, {
    runId: option.text,
    flushRows: option.whole({ min: 1 }),
    flushBytes: option.number({ min: 1 }),
    flushIntervalMs: option.number({ min: 0, max: MAX_TIMER_MS }),
  })
  return { runId, flushRows, flushBytes, flushIntervalMs }
}
