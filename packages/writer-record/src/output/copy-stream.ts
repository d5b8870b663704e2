import { closeSync, write } from 'node:fs'
import { Socket } from 'node:net'

export interface CopyOptions {
  /** The descriptor to write to. */
  readonly to: number
  readonly onChunk?: ((chunk: Uint8Array) => void) | undefined
}

/** A copy of the output of a command, byte for byte; a slow reader slows the command down. */
export interface StreamCopy {
  /**
   * Resolves once everything that the command wrote has been copied. Called after the command has ended; a process in the background that keeps the
   * pipe open is not waited for longer than `graceMs`.
   */
  finish(graceMs: number): Promise<void>
}

/** The capacity of a pipe: the maximum number of bytes that a command can have written before its end and that are not read yet. */
const MAX_PIPE_BYTES = 1024 * 1024
const RETRY_MS = 5

/**
 * Copies what is read from a descriptor. If the reader of `to` goes away, the pipe is closed, so that the command gets the same signal as without a
 * copy.
 */
export function copyStream(readFd: number, { to, onChunk }: CopyOptions): StreamCopy {
  const source = new Socket({ fd: readFd, readable: true, writable: false })
  let writing: Promise<void> = Promise.resolve()
  let [lastChunkMs, readBytes] = [performance.now(), 0]
  const ended = new Promise<void>((resolve) => {
    source.once('close', () => resolve())
    source.on('error', () => source.destroy())
  })
  source.on('data', (chunk: Buffer) => {
    lastChunkMs = performance.now()
    readBytes += chunk.length
    onChunk?.(chunk)
    source.pause()
    writing = writeAll(to, chunk).then(
      () => void source.resume(),
      () => void source.destroy(),
    )
  })
  return {
    async finish(graceMs) {
      const endMs = performance.now()
      const bytesBefore = readBytes
      const isOver = () => performance.now() - Math.max(endMs, lastChunkMs) >= graceMs
      const isDrained = () => performance.now() - endMs >= graceMs && readBytes - bytesBefore >= MAX_PIPE_BYTES
      let timer: NodeJS.Timeout | undefined
      const detached = new Promise<void>((resolve) => {
        timer = setInterval(
          () => {
            if (!source.isPaused() && (isOver() || isDrained())) resolve()
          },
          Math.max(1, Math.min(50, graceMs)),
        )
      })
      await Promise.race([ended, detached])
      clearInterval(timer)
      await writing
      source.destroy()
    },
  }
}

/** Writes all bytes, and waits if the descriptor is full. Rejects if nobody reads it any more. */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  let rest = bytes
  while (rest.length > 0) {
    try {
      rest = rest.subarray(await writeSome(fd, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** Closes a descriptor that may be closed already. */
export function closeQuietly(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // It was closed.
  }
}

function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) => (error ? reject(error) : resolve(written)))
  })
}
