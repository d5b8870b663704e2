import { problemOf } from '../http/problem.ts'
import type { StateChange, StateWatch } from './state-watch.ts'
import type { TableState } from './table-state.ts'

/** The open streams of events. */
export interface EventStreams {
  /** Opens a stream of the states after `since`; undefined if there are too many already. */
  open(request: StreamRequest): Promise<Response | undefined>
  /** Ends all streams. */
  close(): void
}

export interface StreamRequest {
  /** The id of the last state that the reader knows; undefined if it knows none. */
  readonly since: string | undefined
  /** Aborted when the reader is gone. */
  readonly signal: AbortSignal
}

export interface EventStreamOptions {
  readonly watch: StateWatch
  readonly readState: () => Promise<TableState>
  readonly maxStreams: number
}

const RETRY_MS = 1000
/** Proxies end connections on which nothing happens. */
const HEARTBEAT_MS = 15_000

/** Creates streams of server-sent events: `version` with the new state, `problem` while the state cannot be read. */
export function eventStreams({ watch, readState, maxStreams }: EventStreamOptions): EventStreams {
  const open = new Set<() => void>()
  return {
    async open({ since, signal }) {
      if (open.size >= maxStreams) return undefined
      const body = createStream(watch, {
        since,
        signal,
        readState,
        onStart: (end) => open.add(end),
        onEnd: (end) => open.delete(end),
      })
      return new Response(body, {
        headers: {
          'content-type': 'text/event-stream; charset=utf-8',
          // Programs between that compress would hold events back.
          'cache-control': 'no-store, no-transform',
          'x-accel-buffering': 'no',
        },
      })
    },
    close() {
      for (const end of [...open]) end()
    },
  }
}

interface StreamContext extends StreamRequest {
  readonly readState: () => Promise<TableState>
  readonly onStart: (end: () => void) => void
  readonly onEnd: (end: () => void) => void
}

function createStream(watch: StateWatch, { since, signal, readState, onStart, onEnd }: StreamContext) {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let heartbeat: NodeJS.Timeout | undefined
  let stopListening = () => {}
  let sentId = since
  /** A reader that is slower than the table gets the newest change only. */
  let waiting: StateChange | undefined
  const send = (text: string) => controller?.enqueue(encoder.encode(text))
  const flush = () => {
    if (waiting === undefined || (controller?.desiredSize ?? 0) <= 0) return
    const change = waiting
    waiting = undefined
    if ('state' in change && change.state.id === sentId) return
    if ('state' in change) sentId = change.state.id
    send(eventText(change))
  }
  const push = (change: StateChange) => {
    waiting = change
    flush()
  }
  const end = () => {
    stopListening()
    clearInterval(heartbeat)
    signal.removeEventListener('abort', end)
    onEnd(end)
    try {
      controller?.close()
    } catch {
      // The reader has closed it already.
    }
    controller = undefined
  }
  return new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started
        onStart(end)
        signal.addEventListener('abort', end)
        if (signal.aborted) return end()
        send(`retry: ${RETRY_MS}\n\n`)
        heartbeat = setInterval(() => (controller?.desiredSize ?? 0) > 0 && send(':\n\n'), HEARTBEAT_MS)
        heartbeat.unref()
        stopListening = watch.listen(push)
        readState().then(
          (state) => push({ state }),
          (error) => push({ error }),
        )
      },
      pull: flush,
      cancel: end,
    },
    { highWaterMark: 8 },
  )
}

function eventText(change: StateChange): string {
  if ('state' in change) {
    const { id, version, rows } = change.state
    return `event: version\nid: ${id}\ndata: ${JSON.stringify({ version, rows })}\n\n`
  }
  return `event: problem\ndata: ${JSON.stringify(problemOf(change.error))}\n\n`
}
