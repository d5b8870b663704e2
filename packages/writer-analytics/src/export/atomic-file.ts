import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, lstat, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { assertLocalPath, isWriterError, WriterTableError } from '@forge/writer-core'
import { assertOptions, option, temporaryPath } from '@forge/writer-core/storage'
import { compressor, type Wrap } from './compressed-bytes.ts'
import { openDevice } from './device.ts'

export interface AtomicFileOptions {
  /** Replaces an existing file. Default false. */
  readonly overwrite: boolean
  readonly wrap?: Wrap | undefined
  /** True if other users may read the file. Default false. */
  readonly isShared?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface FileFacts {
  readonly path: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

/**
 * Writes a file that only its owner can read unless it is shared. The file exists complete and durable, or not at all; a missing folder is created.
 * A link at the path is not followed, and a file that has other names keeps its content under those. A device, a named pipe or a descriptor
 * (`/dev/stdout`) at the path is written to, and never replaced.
 * Throws WriterTableError if the file cannot be written, is a link, or exists already and `overwrite` is not set.
 */
export async function writeAtomically(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: AtomicFileOptions,
): Promise<FileFacts> {
  assertOptions('writeAtomically', options, {
    overwrite: option.required(option.flag),
    wrap: option.oneOf(['gzip', 'brotli']),
    isShared: option.flag,
    signal: option.signal,
  })
  assertLocalPath(path)
  const { overwrite, wrap, isShared = false, signal } = options
  try {
    const device = await openDevice(path, signal)
    if (device) return { path, ...(await writeTo(device, chunks, { wrap, signal })) }
    await makeFolder(path)
    await assertFree(path, overwrite)
    using file = temporaryPath(path)
    // Opened here, and not by the stream, so that it is there before anything fails.
    const handle = await open(file.path, 'wx', isShared ? 0o644 : 0o600)
    const written = await writeTo(handle.createWriteStream({ flush: true }), chunks, { wrap, signal })
    await publish(file.path, path, overwrite)
    return { path, ...written }
  } catch (error) {
    throw fromFileError(error, path)
  }
}

async function writeTo(
  target: Writable,
  chunks: AsyncIterable<Uint8Array>,
  { wrap, signal }: Pick<AtomicFileOptions, 'wrap' | 'signal'>,
): Promise<Omit<FileFacts, 'path'>> {
  const hash = createHash('sha256')
  let bytes = 0
  const measure = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.byteLength
      done(null, chunk)
    },
  })
  const options = signal ? { signal } : {}
  const source = Readable.from(chunks)
  if (wrap === undefined) await pipeline(source, measure, target, options)
  else await pipeline(source, compressor(wrap), measure, target, options)
  return { bytes, sha256: hash.digest('hex') }
}

/** Creates the folder of a file if it is missing. Throws WriterTableError if it cannot be created. */
export async function makeFolder(path: string): Promise<void> {
  const folder = dirname(path)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const problem = code === 'EEXIST' || code === 'ENOTDIR' ? 'a part of it is a file' : code
    throw new WriterTableError(`the folder ${folder} cannot be created (${problem})`, {
      cause,
      context: { folder },
      suggestions: ['Export to another path.'],
      committed: 'no',
    })
  }
}

/** Throws WriterTableError if there is something at the path that must not be replaced. */
export async function assertFree(path: string, overwrite: boolean): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isSymbolicLink()) throw isLink(path)
  if (found === undefined || (overwrite && found.isFile())) return
  throw alreadyThere(path, overwrite)
}

/** Gives the finished file its name. Without `overwrite` the file system itself refuses a name that another file got meanwhile. */
export async function publish(temporary: string, path: string, overwrite: boolean): Promise<void> {
  if (overwrite) await rename(temporary, path)
  else await link(temporary, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The size and the hash of an existing file. */
export async function fileFacts(path: string): Promise<FileFacts> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    hash.update(chunk)
    bytes += chunk.byteLength
  }
  return { path, bytes, sha256: hash.digest('hex') }
}

function isLink(path: string): WriterTableError {
  return new WriterTableError(`${path} is a symbolic link, which is not followed`, {
    context: { path },
    suggestions: ['Pass the path that it leads to, or remove the link.'],
    committed: 'no',
  })
}

function alreadyThere(path: string, overwrite: boolean): WriterTableError {
  return new WriterTableError(overwrite ? `${path} cannot be replaced: not a regular file` : `${path} already exists`, {
    context: { path },
    suggestions: overwrite ? ['Export to another path.'] : ['Export to another path, or set `overwrite`.'],
    committed: 'no',
  })
}

/** Returns a WriterTableError for an error of the file system; returns other errors unchanged. */
export function fromFileError(error: unknown, path: string): unknown {
  if (isWriterError(error)) return error
  const { code, name } = error as NodeJS.ErrnoException
  if (code === 'EEXIST') return alreadyThere(path, false)
  if (typeof code !== 'string' || name === 'AbortError') return error
  return new WriterTableError(`${path} cannot be written (${code})`, {
    cause: error,
    context: { path },
    committed: 'no',
  })
}
