import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** One file, or standard input, opened for reading once. */
export interface IngestInput {
  /** As the caller named it; `-` for standard input. */
  readonly name: string
  /** Undefined for standard input and for compressed files, which no engine can seek in. */
  readonly path: string | undefined
  /** The first 64 kB. */
  readonly head: Uint8Array
  /** All bytes, from the first; to be called once. */
  bytes(): AsyncIterable<Uint8Array>
  close(): void
}

const HEAD_BYTES = 64 * 1024

export interface OpenOptions {
  readonly name?: string
  /** Ends reading at once, also while nothing comes. */
  readonly signal?: AbortSignal | undefined
}

/** Opens a file, unpacking `.gz`, and reads its head. Rejects with the system's error where it cannot be read. */
export async function openInput(path: string, { name = path, signal }: OpenOptions = {}): Promise<IngestInput> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 })
  if (!path.endsWith('.gz')) return withHead(file, { name, path, signal })
  const unpacked = createGunzip()
  file.on('error', (error) => unpacked.destroy(error))
  return withHead(file.pipe(unpacked), { name, path: undefined, signal })
}

/** Standard input as an input. */
export function openStream(stream: Readable, { name = '-', signal }: OpenOptions = {}): Promise<IngestInput> {
  return withHead(stream, { name, path: undefined, signal })
}

async function withHead(
  stream: Readable,
  {
    name,
    path,
    signal,
  }: { readonly name: string; readonly path: string | undefined; readonly signal: AbortSignal | undefined },
): Promise<IngestInput> {
  if (signal) addAbortSignal(signal, stream)
  const iterator: AsyncIterator<Uint8Array | string> = stream[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let length = 0
  while (length < HEAD_BYTES) {
    const { done, value } = await iterator.next()
    if (done) break
    const chunk = typeof value === 'string' ? Buffer.from(value) : value
    first.push(chunk)
    length += chunk.length
  }
  return {
    name,
    path,
    head: Buffer.concat(first).subarray(0, HEAD_BYTES),
    async *bytes() {
      yield* first
      for (;;) {
        const { done, value } = await iterator.next()
        if (done) return
        yield typeof value === 'string' ? Buffer.from(value) : value
      }
    },
    close: () => void stream.destroy(),
  }
}

/** `run_results.json` of `target/run_results.json.gz`. */
export function plainName(name: string): string {
  return basename(name).replace(/\.gz$/i, '').toLowerCase()
}
