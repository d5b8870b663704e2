import { WriterTableError } from '../errors/kinds.ts'
import type { SealedRows } from '../write/row-writer.ts'
import type { SettledWriter } from '../write/settled-writer.ts'
import { flushOnExit } from './exit-flush.ts'
import { rowStream } from './row-stream.ts'
import type { LogStream, StreamOptions } from './stream.ts'

/** The open streams of a writer. They are flushed when it closes and when the process ends. */
export interface WriterStreams {
  /** Opens a stream that keeps the settings of `writer`. */
  open(writer: SettledWriter, options?: StreamOptions): LogStream
  closeAll(): Promise<void>
}

export function writerStreams(): WriterStreams {
  const streams = new Map<LogStream, () => void>()
  return {
    open({ source: { config, storage }, rows }, options) {
      const host = {
        config,
        location: storage.location,
        newIntake: (runId: string) => rows.newIntake(runId),
        write: async (sealed: SealedRows) => (await rows.writeSealed(sealed)).rowsWritten,
        closed(stream: LogStream) {
          streams.get(stream)?.()
          streams.delete(stream)
        },
      }
      const stream = rowStream(host, options)
      const forget = flushOnExit({
        get unsavedRows() {
          return stream.bufferedRows
        },
        flush: () => stream.flush(),
      })
      streams.set(stream, forget)
      return stream
    },
    async closeAll() {
      const results = await Promise.allSettled([...streams.keys()].map((stream) => stream.close()))
      const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
      if (failed.length === 1) throw failed[0]
      if (failed.length > 1) {
        throw new WriterTableError(`${failed.length} streams could not be flushed`, {
          cause: new AggregateError(failed),
          suggestions: ['Close the writer again when the table can be written; the rows are still buffered.'],
        })
      }
    },
  }
}
