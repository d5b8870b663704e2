import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { traceCall } from '../diagnostics/trace-call.ts'
import { WriterTableError } from '../errors/kinds.ts'
import { MAX_TIMER_MS } from '../lock/deadline.ts'
import type { LogRowInput } from '../log/row.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { SealedRows } from '../write/row-writer.ts'
import { type FillingHost, type RowFilling, rowFilling } from './row-filling.ts'
import { sealedQueue } from './sealed-queue.ts'
import type { LogStream, StreamOptions } from './stream.ts'

/** What a stream needs from its writer. */
export interface StreamHost extends FillingHost {
  readonly location: string
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

export function rowStream(host: StreamHost, options: StreamOptions = {}): LogStream {
  const queue = sealedQueue(host.write, () => filling.sealIfDue())
  const filling: RowFilling = rowFilling(host, queue, checkOptions(options))
  let isClosed = false
  let closing: Promise<void> | undefined
  const flush = () =>
    traceCall('flush', { bufferedRows: filling.rowCount + queue.waitingRows }, async () => {
      // Callers that gather rows until the end of this turn of the event loop pass them first.
      await setImmediate()
      await filling.seal()
      await queue.drain(0)
    })
  // Running calls must also fail: rows that they add after the last flush would be lost silently.
  const assertOpen = () => {
    if (!stream.isOpen) throw new WriterTableError('the stream is closed', { committed: 'no' })
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
    location: host.location,
    get isOpen() {
      return !isClosed && closing === undefined
    },
    async write(rows) {
      assertOpen()
      queue.throwFailure()
      let position = 0
      if (Array.isArray(rows)) await addArray(rows, { assertOpen, filling })
      else if (isAsync(rows)) for await (const row of rows) await add(row, position++)
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

/** Adds an array in blocks. */
async function addArray(
  rows: readonly LogRowInput[],
  { assertOpen, filling }: { readonly assertOpen: () => void; readonly filling: RowFilling },
): Promise<void> {
  let turnMs = performance.now()
  let failure: { readonly error: unknown } | undefined
  for (let at = 0; at < rows.length; ) {
    assertOpen()
    const adding = filling.addBlock(rows, at)
    const { end, room } = adding instanceof Promise ? await adding : adding
    at = end
    // An array is added as a whole: the caller would not know which of its rows are missing.
    const noted = room?.catch((error: unknown) => {
      failure ??= { error }
    })
    if (!failure) await noted
    if (performance.now() - turnMs < MAX_TURN_MS) continue
    await setImmediate()
    turnMs = performance.now()
  }
  if (failure) throw failure.error
}

type Rows = Parameters<LogStream['write']>[0]

function isAsync(rows: Rows): rows is AsyncIterable<LogRowInput> {
  return typeof rows === 'object' && rows !== null && Symbol.asyncIterator in rows
}

function isIterable(rows: Rows): rows is Iterable<LogRowInput> {
  return typeof rows === 'object' && rows !== null && Symbol.iterator in rows
}

function checkOptions(options: StreamOptions) {
  assertOptions('stream', options, {
    runId: option.text,
    flushRows: option.whole({ min: 1 }),
    flushBytes: option.number({ min: 1 }),
    flushIntervalMs: option.number({ min: 0, max: MAX_TIMER_MS }),
  })
  const { runId, flushRows, flushBytes = DEFAULT_FLUSH_BYTES, flushIntervalMs = DEFAULT_INTERVAL_MS } = options
  return { runId, flushRows, flushBytes, flushIntervalMs }
}
