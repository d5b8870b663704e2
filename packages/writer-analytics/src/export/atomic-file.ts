import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { link, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isWriterError, WriterTableError } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { compressor, type Wrap } from './compressed-bytes.ts'

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
 * Throws WriterTableError if the file cannot be written, or if it exists already and `overwrite` is not set.
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
  const { overwrite, wrap, isShared = false, signal } = options
  const temporary = temporaryPath(path)
  try {
    await makeFolder(path)
    await assertFree(path, overwrite)
    const hash = createHash('sha256')
    let bytes = 0
    const measure = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        hash.update(chunk)
        bytes += chunk.byteLength
        done(null, chunk)
      },
    })
    const file = createWriteStream(temporary, { flags: 'wx', mode: isShared ? 0o644 : 0o600, flush: true })
    const options = signal ? { signal } : {}
    const source = Readable.from(chunks)
    if (wrap === undefined) await pipeline(source, measure, file, options)
    else await pipeline(source, compressor(wrap), measure, file, options)
    await publish(temporary, path, overwrite)
    return { path, bytes, sha256: hash.digest('hex') }
  } catch (error) {
    throw fromFileError(error, path)
  } finally {
    // If no file can exist at the path, as below another file, there is nothing to remove.
    await rm(temporary, { force: true }).catch(() => {})
  }
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

/** Returns a hidden path next to the file that nothing else uses. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
}

/** Throws WriterTableError if there is something at the path that must not be replaced. */
export async function assertFree(path: string, overwrite: boolean): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
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
