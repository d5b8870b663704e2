import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { addAbortSignal, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A file or standard input, opened to be read once. */
export interface IngestInput {
  /** The name as given by the caller; `-` for standard input. */
  readonly name: string
  /** The path of the file, even if it is compressed; the name for standard input. */
  readonly file: string
  /** The path for engines that need to seek; undefined for standard input and compressed files. */
  readonly path: string | undefined
  /** The first 64 kB. */
  readonly head: Uint8Array
  /** Yields all bytes from the start. May be called once. */
  bytes(): AsyncIterable<Uint8Array>
  close(): void
}

const HEAD_BYTES = 64 * 1024

export interface OpenOptions {
  readonly name?: string | undefined
  /** Stops reading immediately, even while waiting for data. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a file and reads its head. Gzip is decompressed, whatever the name of the file. Rejects with the error of the system if the file cannot be
 * read.
 */
export async function openInput(path: string, { name = path, signal }: OpenOptions = {}): Promise<IngestInput> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 })
  return withHead(file, { name, file: path, path, signal })
}

/** Returns standard input as an input. */
export function openStream(stream: Readable, { name = '-', signal }: OpenOptions = {}): Promise<IngestInput> {
  return withHead(stream, { name, file: name, path: undefined, signal })
}

interface Source extends Pick<IngestInput, 'name' | 'file' | 'path'> {
  readonly signal: AbortSignal | undefined
  /** The number of times that the data was decompressed. */
  readonly unpacked?: number | undefined
}

/** The maximum number of nested gzip layers: some services compress files that are already compressed. */
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

/** Returns a name without its folder and `.gz`, such as `run_results.json` for `target/run_results.json.gz`. */
export function plainName(name: string): string {
  return basename(name).replace(/\.gz$/i, '').toLowerCase()
}
