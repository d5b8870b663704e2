import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { addAbortSignal, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** One file, or standard input, opened for reading once. */
export interface IngestInput {
  /** As the caller named it; `-` for standard input. */
  readonly name: string
  /** The path of the file, also when it is compressed; the name of standard input. */
  readonly file: string
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

/** Opens a file and reads its head; what is compressed with gzip, whatever its name, is unpacked. Rejects with the system's error when it cannot be read. */
export async function openInput(path: string, { name = path, signal }: OpenOptions = {}): Promise<IngestInput> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 })
  return withHead(file, { name, file: path, path, signal })
}

/** Standard input as an input. */
export function openStream(stream: Readable, { name = '-', signal }: OpenOptions = {}): Promise<IngestInput> {
  return withHead(stream, { name, file: name, path: undefined, signal })
}

interface Source extends Pick<IngestInput, 'name' | 'file' | 'path'> {
  readonly signal: AbortSignal | undefined
  /** How often it has been unpacked. */
  readonly unpacked?: number
}

/** Some services compress what is compressed already. */
const MAX_UNPACKED = 3

async function withHead(stream: Readable, { signal, unpacked = 0, ...source }: Source): Promise<IngestInput> {
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
  const head = Buffer.concat(first).subarray(0, HEAD_BYTES)
  async function* bytes() {
    yield* first
    for (;;) {
      const { done, value } = await iterator.next()
      if (done) return
      yield typeof value === 'string' ? Buffer.from(value) : value
    }
  }
  const close = () => void stream.destroy()
  if (!isGzip(head) || unpacked === MAX_UNPACKED) return { ...source, head, bytes, close }
  const gunzip = createGunzip()
  const packed = Readable.from(bytes()).on('error', (error) => gunzip.destroy(error))
  const input = await withHead(packed.pipe(gunzip), { ...source, path: undefined, signal, unpacked: unpacked + 1 })
  return {
    ...input,
    close() {
      input.close()
      close()
    },
  }
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08
}

/** `run_results.json` of `target/run_results.json.gz`. */
export function plainName(name: string): string {
  return basename(name).replace(/\.gz$/i, '').toLowerCase()
}
