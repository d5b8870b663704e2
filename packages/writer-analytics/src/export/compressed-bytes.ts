import { pipeline, Readable, type Transform } from 'node:stream'
import { createBrotliCompress, createGzip } from 'node:zlib'

export type Wrap = 'gzip' | 'brotli'

/** Returns the compressor of a whole file. */
export function compressor(wrap: Wrap): Transform {
  return wrap === 'gzip' ? createGzip() : createBrotliCompress()
}

/** Compresses bytes as they arrive. Rethrows the errors of their source. */
export function compressedBytes(bytes: AsyncIterable<Uint8Array>, wrap: Wrap): AsyncIterable<Uint8Array> {
  // A pipeline passes its error to the stream that is read here.
  return pipeline(Readable.from(bytes), compressor(wrap), () => {})
}
