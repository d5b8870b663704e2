import type { LogRowInput, LogStream } from '@forge/writer-core'
import { firstRefused, repairRows } from '../store/repair-rows.ts'
import { batchIdOf } from '../store/row-batch.ts'
import type { RowSink } from './row-sink.ts'

/** A stream takes a block of rows several times faster than one row at a time. */
const BLOCK_ROWS = 256

/**
 * Passes rows to a stream, which is flushed by its own rules, and at the end of the run. Rows wait for others until their block is full, at the
 * longest until the end of the turn of the event loop.
 */
export function streamSink(stream: LogStream, run: { readonly runId: string; readonly spanId: string }): RowSink {
  let rows: LogRowInput[] = []
  let left: LogRowInput[] = []
  let passing: Promise<void> = Promise.resolve()
  let turn: NodeJS.Immediate | undefined
  const pass = () => {
    clearImmediate(turn)
    turn = undefined
    const block = rows
    rows = []
    passing = Promise.all([passing, passRows(stream, block)]).then(([_before, rest]) => {
      left = [...left, ...rest]
    })
    return passing
  }
  return {
    add(row) {
      rows.push(row)
      if (rows.length >= BLOCK_ROWS) return pass()
      turn ??= setImmediate(pass)
      return undefined
    },
    async end(last) {
      rows.push(...last)
      await pass()
      // The stream still has the rows that a broken storage did not take, and this call tries them again.
      if (left.length === 0) await stream.flush()
      return left.length === 0 ? [] : [{ id: batchIdOf(run, 'end'), rows: left }]
    },
  }
}

/** Passes rows to a stream. Resolves with those that it does not take: all of them once it is closed. */
async function passRows(stream: LogStream, rows: readonly LogRowInput[]): Promise<readonly LogRowInput[]> {
  let rest = rows
  while (stream.isOpen) {
    // An earlier failure of the stream is thrown by the next call: not by the one with the rows.
    void stream.write([]).catch(() => undefined)
    try {
      await stream.write(rest)
      return []
    } catch (error) {
      const refused = firstRefused(error)
      // After an error of the storage, the rows are in the stream nevertheless.
      if (refused === undefined) return []
      rest = repairRows(rest, error)?.slice(refused) ?? rest.slice(refused + 1)
    }
  }
  return rest
}
